import Foundation

extension JSONDocument {
    /// What Foundation's encoder, with its default settings, makes of a value.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try self.init(parsing: encoder.encode(value))
    }

    /// Decodes with Foundation's decoder in its default settings.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(self.text.utf8))
    }
}
