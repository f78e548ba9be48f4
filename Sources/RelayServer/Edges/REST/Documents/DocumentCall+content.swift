import NIOHTTP1
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// What a document says, and how it comes to say it again.
///
/// Both look into the whole document, which takes processor time and memory in proportion to it: as few are at it at once as may be at lists,
/// the others wait without a thread, and all that they hold is charged.
extension DocumentCall {
    /// `?root=` and `?as=` say what of it, `?cursor=` asks for a past state.
    func content() async throws -> Reply {
        let query = try DocumentContentQuery(self.call.query)
        let documents = self.services.documents
        if let past = try await self.past() {
            return try await self.inTurn { try documents.content(of: past) { try query.reply($0) } }
        }
        let use = try await self.open(createsMissing: false)
        return try await self.inTurn {
            // In this order: what comes between the two is in both.
            let cursor = use.document.cursor
            var reply = try documents.content(of: use.document) { try query.reply($0) }
            reply.headers.add(name: "x-document-cursor", value: cursor.id.description)
            return reply
        }
    }

    /// Appends an update after which the document shows what it showed at the body's `cursor`. What others write meanwhile merges with it.
    func restore() async throws -> Reply {
        try await self.checkWriting(createsMissing: false)
        let id = try await self.call.fields(["cursor"]) { $0.required("cursor") { MessageID($0) } }
        let use = try await self.openToWrite(createsMissing: false)
        guard try await self.isStored(use) else { throw RESTRefusal(Reply(BrokerError.moved)) }
        let past = try await self.past(asOf: id)
        let documents = self.services.documents
        let update = try await self.inTurn { try documents.restoration(to: past, of: use.document) }
        guard let update else { return self.unchanged(use) }
        return try await self.carryOut(use.document.verdict(onNew: update), on: update.bytes, of: use)
    }

    private func inTurn<Value>(_ work: () throws -> Value) async throws -> Value {
        do {
            return try await self.call.services.lists.run(work)
        } catch let refusal as DocumentRefusal {
            throw RESTRefusal(Reply(refusal))
        } catch is DocumentError {
            throw RESTRefusal(Reply(.unprocessableEntity, detail: "The document is too large to be looked into"))
        }
    }
}
