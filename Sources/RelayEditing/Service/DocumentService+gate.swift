import NIOCore
public import RelayCore
import RelayDocuments

/// No update gets past the size that a document may have, whoever publishes it to the document's topic, and by whatever protocol.
///
/// What the stream holds the document in memory knows, on all relays: so it is loaded for who publishes as for who edits.
extension DocumentService: PublishGate {
    public func answerNow(to draft: Draft, in key: TopicKey, of record: TopicRecord) -> GateAnswer? {
        guard let document = self.loaded(key), document.topicID == record.id, document.isReady else {
            return nil
        }
        return document.answer(to: draft)
    }

    public func answer(to draft: Draft, in key: TopicKey, of record: TopicRecord) async throws(BrokerError)
        -> GateAnswer
    {
        guard let name = DocumentName(path: key.name.rawValue), let loop = self.anyLoop() else {
            throw .overloaded
        }
        do throws(DocumentRefusal) {
            return try await self.using(name, on: loop) { $0.answer(to: draft) }
        } catch .broker(let error) {
            throw error
        } catch {
            throw .overloaded
        }
    }
}

extension LoadedDocument {
    fileprivate func answer(to draft: Draft) -> GateAnswer {
        // What an update adds has to be known only where it matters.
        let size = draft.payload.readableBytes
        if self.hasRoom(for: size, addingStructs: true) { return .open }
        let news = try? self.news(in: draft.payload.readableBytesUInt8Span)
        let isTaken = news.map { self.hasRoom(for: size, addingStructs: $0.addsStructs) } ?? false
        return isTaken ? .open : .closed(.isFull)
    }
}

extension Refusal {
    fileprivate static let isFull = Refusal("too_large: the document is as large as it may be")
}
