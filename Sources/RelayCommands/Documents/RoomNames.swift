/// Which rooms a command means.
public enum RoomNames {
    /// The names that are given and those of a file, in this order, each once.
    ///
    /// - Parameters:
    ///   - named: on the command line.
    ///   - file: has a name in each line; `-` is standard input; nil: there is none.
    /// - Throws: ``UsageError`` where the file can't be read, or there are none.
    public static func all(named: [String], file: String?) throws -> [String] {
        var names = named
        if let file {
            let source = file == "-" ? PayloadSource.standardInput : .file(file)
            guard let text = String(validating: try source.bytes(), as: UTF8.self) else {
                throw UsageError("'\(file)' is not UTF-8")
            }
            names += text.split(whereSeparator: \.isNewline).map(String.init)
        }
        var seen: Set<[UInt8]> = []
        names = names.filter { seen.insert(Array($0.utf8)).inserted }
        guard !names.isEmpty else { throw UsageError("which rooms? Give their names, or --rooms-file") }
        return names
    }
}
