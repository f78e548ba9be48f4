import FoundationEssentials

/// JSON as stores keep it: members by name, so that equal values are equal texts.
public enum StoredJSON {
    /// The value's bytes.
    ///
    /// - Parameter value: of texts, numbers, flags, lists and objects. What JSON has no form for, as a number that is not finite, makes it empty,
    ///   which is read as nothing.
    public static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }

    /// The same as text.
    public static func text(_ value: some Encodable) -> String {
        String(decoding: self.bytes(value), as: UTF8.self)
    }

    /// The value that is stored.
    ///
    /// - Parameters:
    ///   - type: of the value.
    ///   - bytes: as ``bytes(_:)`` makes them, or what something else has stored.
    /// - Returns: nil for what is no such value.
    public static func value<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
