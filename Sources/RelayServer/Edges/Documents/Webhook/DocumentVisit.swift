import Foundation
import NIOCore
import RelayCore
import RelayEditing
import RelayWire

/// A client's stay in a document, from when the webhook has let it in.
final class DocumentVisit: Sendable {
    /// The parameters of a WebSocket's address as a JSON object, without its token.
    struct Query: Sendable {
        let json: ByteBuffer

        /// Beyond it they are left out.
        private static let maxBytes = 4_096

        init(_ items: QueryItems) {
            var json = ByteBuffer(string: "{")
            for item in items.items where item.name != "token" {
                if json.readableBytes > 1 { json.writeStaticString(",") }
                json.writeJSONString(item.name)
                json.writeStaticString(":")
                json.writeJSONString(item.value)
            }
            json.writeStaticString("}")
            self.json = json.readableBytes <= Self.maxBytes ? json : DocumentVisit.emptyObject
        }
    }

    static let emptyObject = ByteBuffer(string: "{}")
    private static let maxContextBytes = 4_096

    let name: DocumentName
    let principal: Principal
    let query: Query
    /// What the webhook has said of it, a JSON object.
    let context: ByteBuffer
    private let webhook: DocumentWebhook

    /// What it holds is charged, and released with it.
    init(
        _ name: DocumentName,
        _ principal: Principal,
        _ query: Query,
        _ context: ByteBuffer,
        _ webhook: DocumentWebhook
    ) {
        self.name = name
        self.principal = principal
        self.query = query
        self.context = context
        self.webhook = webhook
    }

    deinit {
        self.webhook.memory.release(self.query.json.readableBytes + self.context.readableBytes, from: .readers)
    }

    /// What an answer says of a client: an object, or nothing.
    static func context(_ answer: ByteBuffer?) -> ByteBuffer {
        guard let answer, answer.readableBytes <= self.maxContextBytes,
            let value = try? JSONSerialization.jsonObject(with: Data(answer.readableBytesView)), value is [String: Any]
        else { return self.emptyObject }
        return answer
    }

    /// The client has left. To be called once.
    func end() { self.webhook.disconnected(self) }
}
