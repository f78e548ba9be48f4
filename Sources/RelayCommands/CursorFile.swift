public import RelayClient

/// Cursors that outlive the process, in the form that the Python client writes: a JSON object from topic to message
/// id. Where the relay tells epochs, a value is `epoch@id`.
public struct CursorFile: Sendable {
    private let path: String

    public init(path: String) {
        self.path = path
    }

    /// Empty where there is no such file yet.
    ///
    /// - Throws: ``FileError`` where the file holds something else: it is not replaced unasked.
    public func read() throws -> CursorTable {
        guard let bytes = try AtomicFile.read(self.path) else { return CursorTable() }
        do {
            return CursorTable(try Self.cursors(JSONDocument(parsing: bytes)))
        } catch {
            throw FileError("'\(self.path)' is no cursor file: \(error)")
        }
    }

    public func write(_ table: CursorTable) throws {
        try AtomicFile.write(JSONDocument.object(JSONObject(table.cursors)).text + "\n", to: self.path, mode: 0o644)
    }

    private static func cursors(_ json: JSONDocument) throws(JSONDocumentError) -> [String: String] {
        guard case .object(let object) = json else { throw JSONDocumentError(reason: "no JSON object") }
        var cursors: [String: String] = [:]
        for member in object.members {
            guard case .string(let id) = member.value else {
                throw JSONDocumentError(reason: "'\(member.key)' has no text")
            }
            cursors[member.key] = id
        }
        return cursors
    }
}
