/// What the relay has made of an update.
public struct DocumentReceipt: Hashable, Sendable {
    /// The document's name.
    public let name: String
    /// Where the document's history stands after it.
    public let cursor: String
    /// Whether something of it was new.
    public let isNew: Bool
}

extension RelayClient {
    private static let documentsPath = ["api", "v1", "documents"]

    /// Merges an update into a document, which is made where there is none. To do so twice is the same as once.
    ///
    /// - Parameters:
    ///   - update: of Yjs, version 1. Nothing: the document is made, and that is all.
    ///   - name: the document's: any text without control characters.
    public func merge(_ update: [UInt8], into name: String) async throws -> DocumentReceipt {
        var call = HTTPCall(.put, Self.documentsPath + [name])
        if !update.isEmpty { call.body = .binary(update) }
        call.timeout = .seconds(120)
        let reply = try await self.reply(to: call)
        return try reply.decoded { json throws(JSONDocumentError) in
            DocumentReceipt(
                name: try json.string("name"),
                cursor: try json.string("cursor"),
                isNew: reply.status == 201
            )
        }
    }

    /// What a document has, as Yjs' state vector. One that does not exist gives status 404, one that the caller may not read 403.
    public func stateVector(of name: String) async throws -> [UInt8] {
        try await self.reply(to: HTTPCall(.get, Self.documentsPath + [name, "state-vector"])).body
    }
}
