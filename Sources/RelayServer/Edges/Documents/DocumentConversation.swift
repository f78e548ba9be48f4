import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing

/// What a client of y-protocols and the relay say to each other over a WebSocket about the one document that it has opened. Lives on its
/// connection's loop.
final class DocumentConversation {
    /// Nil before it is open, and once it closes or is gone.
    private(set) var connection: WebSocketConnection?
    private var member: DocumentMember?
    let loop: DeliveryLoop
    private let metrics: DocumentMetrics
    private var malformed = MalformedCount()

    init(_ session: Session, _ use: DocumentUse, _ services: DocumentServices, on loop: DeliveryLoop) {
        self.loop = loop
        self.metrics = services.metrics
        self.member = DocumentMember(session, use, services, on: loop)
    }

    private func send(_ message: [UInt8]) { self.connection?.send(ByteBuffer(documentFrame: message)) }
}

extension DocumentConversation: SocketConversation {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.member?.start(on: self)
    }

    func closed() {
        self.connection = nil
        self.member.take()?.stop()
    }

    func drained() { self.member?.drained() }

    var idleReason: String? { nil }

    var facts: ConnectionFacts? {
        ConnectionFacts(.documents, user: self.member?.session.account.id, topics: self.member == nil ? 0 : 1)
    }

    /// Clients close a connection over which nothing has come for 30 s; pings are nothing to them.
    var keepAlive: ByteBuffer? { ByteBuffer(documentFrame: DocumentFrame.keepAlive) }

    /// No client of this protocol sends any.
    func received(text: ByteBuffer) { self.receivedNonsense() }

    func received(binary: ByteBuffer) {
        var (offset, count) = (0, FrameCount())
        let bytes = Array(binary.readableBytesView)
        do throws(DocumentError) {
            while offset < bytes.count, let member = self.member {
                try count.next()
                try member.receive(try DocumentMessage.next(in: bytes.span, at: &offset), in: bytes)
            }
        } catch {
            self.receivedNonsense()
        }
    }

    private func receivedNonsense() {
        self.metrics.refused(.malformed)
        if self.malformed.note() { self.connection?.close(.policyViolation, "Malformed messages") }
    }
}

extension DocumentConversation: DocumentLine {
    func began(_ member: DocumentMember) {
        member.ask()
        member.showPresent()
    }

    func send(_ reply: DocumentReply, from member: DocumentMember) {
        switch reply {
        case .step1(let vector): self.send(DocumentFrame.step1(vector))
        case .step2(let update): self.send(DocumentFrame.step2(update))
        case .echo(let update): self.connection?.send(DocumentBatch.frame(update))
        case .awareness(let entries): self.connection?.send(AwarenessBatch.frame(entries))
        case .told: break
        case .denied(let refusal): self.send(DocumentFrame.denied(reason: refusal.clientText))
        }
    }

    func deliver(_ batch: Batch, of part: DocumentPart, to member: DocumentMember) {
        switch part {
        case .updates: self.connection?.deliver(batch.encoded(as: DocumentBatch.self))
        case .awareness: self.connection?.deliver(batch.encoded(as: AwarenessBatch.self))
        case .stateless: break
        }
    }

    /// An update's echo says that it is stored. A client that gets none has to hear something from time to time all the same.
    func settled(_ outcome: UpdateOutcome, from member: DocumentMember) {
        if outcome == .refused { self.send(DocumentFrame.keepAlive) }
    }

    /// Its provider comes back at once in any case, and is answered then.
    func ended(_ member: DocumentMember, _ end: DocumentEnd) {
        switch end {
        case .denied, .deleted: self.close(.policyViolation, end.clientText)
        case .expired: self.close(.tokenExpired, end.clientText)
        case .unavailable: self.close(.unexpectedServerError, end.clientText)
        }
    }

    private func close(_ code: WebSocketErrorCode, _ reason: String) {
        self.send(DocumentFrame.denied(reason: reason))
        self.connection?.close(code, reason)
    }
}
