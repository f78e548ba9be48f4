import Foundation
public import RelayClient

/// Where the payload of a publish comes from.
public enum PayloadSource: Hashable, Sendable {
    case text(String)
    case standardInput
    case file(String)

    /// `-` or nothing at all is standard input, `@path` is a file, and everything else is the JSON itself.
    public init(argument: String?) {
        switch argument {
        case nil, "-": self = .standardInput
        case .some(let text) where text.hasPrefix("@"): self = .file(String(text.dropFirst()))
        case .some(let text): self = .text(text)
        }
    }

    /// - Throws: ``UsageError`` where the source can't be read or holds no JSON object.
    public func payload() throws -> JSONDocument {
        try Self.parse(try self.bytes())
    }

    /// - Throws: ``UsageError`` where the bytes are no JSON object.
    public static func parse(_ bytes: some Sequence<UInt8>) throws(UsageError) -> JSONDocument {
        let value: JSONDocument
        do throws(JSONDocumentError) {
            value = try JSONDocument(parsing: bytes)
        } catch {
            throw UsageError("the payload is not JSON: \(error)")
        }
        guard case .object = value else { throw UsageError("the payload must be a JSON object") }
        return value
    }

    /// What the source holds, whatever it is.
    ///
    /// - Throws: ``UsageError`` where it can't be read.
    public func bytes() throws -> [UInt8] {
        switch self {
        case .text(let text):
            return Array(text.utf8)
        case .standardInput:
            return Array(try FileHandle.standardInput.readToEnd() ?? Data())
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw UsageError("can't read '\(path)'")
            }
            return Array(data)
        }
    }
}
