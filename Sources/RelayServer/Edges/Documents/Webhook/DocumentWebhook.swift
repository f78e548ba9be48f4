import NIOCore
import RelayCore
import RelayEditing
import RelayWire

/// Tells another server of documents, as Hocuspocus' webhook does: what changed, who comes and goes, what is new. Of clients of Hocuspocus'
/// protocol it also asks that server whether they may come.
final class DocumentWebhook: Sendable {
    /// The header that receivers of Hocuspocus' webhook look at.
    static let signatureHeader = "x-hocuspocus-signature-256"

    private let webhook: Webhook
    private let events: Set<DocumentWebhookEvent>
    let memory: MemoryLedger

    init(_ webhook: Webhook, _ events: [DocumentWebhookEvent], memory: MemoryLedger) {
        self.webhook = webhook
        self.memory = memory
        self.events = Set(events)
    }

    func wants(_ event: DocumentWebhookEvent) -> Bool { self.events.contains(event) }

    // MARK: Documents

    /// A document was made.
    func created(_ name: DocumentName, by principal: Principal) {
        self.tell(.create, Fields(name, user: principal))
    }

    /// A document has changed, and is now as it says. An earlier change that was not told yet is not told any more.
    ///
    /// - Parameter bytes: how large it is.
    func changed(_ name: DocumentName, revision: MessageID, stateVector: [UInt8], bytes: Int) {
        var fields = Fields(name, user: nil)
        fields.add("revision", text: revision.description)
        fields.add("stateVector", text: Base64.text(ByteBuffer(bytes: stateVector)))
        fields.add("bytes", json: ByteBuffer(string: String(bytes)))
        self.tell(.change, fields, replacing: name.text)
    }

    // MARK: Clients

    enum Verdict {
        case admitted(DocumentVisit)
        /// The server has said so.
        case refused
        /// It has said nothing, or the relay has no room for the client.
        case unanswered
    }

    /// Whether a client may enter a document.
    ///
    /// - Parameter query: of the WebSocket's address.
    func verdict(on principal: Principal, entering name: DocumentName, query: DocumentVisit.Query) async -> Verdict {
        var context = DocumentVisit.emptyObject
        if self.wants(.connect) {
            let fields = Fields(name, user: principal, query: query)
            let answer = await self.webhook.ask("connect", fields.body(.connect))
            guard let answer else { return .unanswered }
            guard answer.isSuccess else { return .refused }
            context = DocumentVisit.context(answer.body)
        }
        let held = query.json.readableBytes + context.readableBytes
        guard self.memory.charge(held, to: .readers) else { return .unanswered }
        return .admitted(DocumentVisit(name, principal, query, context, self))
    }

    func disconnected(_ visit: DocumentVisit) {
        var fields = Fields(visit.name, user: visit.principal, query: visit.query)
        fields.add("context", json: visit.context)
        self.tell(.disconnect, fields)
    }

    private func tell(_ event: DocumentWebhookEvent, _ fields: Fields, replacing key: String? = nil) {
        guard self.wants(event) else { return }
        self.webhook.tell(event.rawValue, replacing: key.map { "\(event.rawValue) \($0)" }, fields.body(event))
    }
}

/// The fields of an event's payload.
private struct Fields {
    private var json = ByteBuffer(string: "{")

    init(_ name: DocumentName, user: Principal?, query: DocumentVisit.Query? = nil) {
        self.add("documentName", text: name.text)
        if let user {
            self.add("userId", text: user.id.rawValue)
            self.add("username", text: user.username)
        }
        // Hocuspocus' own are always empty, too.
        self.add("requestHeaders", json: DocumentVisit.emptyObject)
        self.add("requestParameters", json: query?.json ?? DocumentVisit.emptyObject)
    }

    mutating func add(_ name: String, text: String) {
        var value = ByteBuffer()
        value.writeJSONString(text)
        self.add(name, json: value)
    }

    mutating func add(_ name: String, json value: ByteBuffer) {
        if self.json.readableBytes > 1 { self.json.writeStaticString(",") }
        self.json.writeJSONString(name)
        self.json.writeStaticString(":")
        self.json.writeImmutableBuffer(value)
    }

    func body(_ event: DocumentWebhookEvent) -> ByteBuffer {
        var body = ByteBuffer(string: "{\"event\":\"\(event.rawValue)\",\"payload\":")
        body.writeImmutableBuffer(self.json)
        body.writeStaticString("}}")
        return body
    }
}
