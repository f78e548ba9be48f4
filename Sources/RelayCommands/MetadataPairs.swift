/// Metadata as given on a command line.
public enum MetadataPairs {
    /// - Parameter pairs: `key=value` each; the value may be empty and may hold further `=`. Of a repeated key the last
    ///   counts.
    public static func parse(_ pairs: [String]) throws(UsageError) -> [String: String] {
        var metadata: [String: String] = [:]
        for pair in pairs {
            guard let split = pair.firstIndex(of: "="), split != pair.startIndex else {
                throw UsageError("'\(pair)' is no metadata: write key=value")
            }
            metadata[String(pair[..<split])] = String(pair[pair.index(after: split)...])
        }
        return metadata
    }
}
