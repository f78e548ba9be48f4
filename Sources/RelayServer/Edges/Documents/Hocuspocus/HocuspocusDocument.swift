import NIOCore
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing

/// One document on the WebSocket of a Hocuspocus client. Two addresses of the same document are two of these.
final class HocuspocusDocument {
    let connection: HocuspocusConversation
    private(set) var isOver = false
    let address: HocuspocusAddress
    /// What stands in front of each message.
    private let head: [UInt8]
    let member: DocumentMember
    /// What a webhook is told of once the client leaves; nil where there is none.
    private var visit: DocumentVisit?
    private(set) var isAccepted = false

    init(
        _ address: HocuspocusAddress,
        _ member: DocumentMember,
        _ visit: DocumentVisit?,
        of conversation: HocuspocusConversation
    ) {
        self.visit = visit
        self.connection = conversation
        self.address = address
        self.head = HocuspocusFrame.address(address.bytes)
        self.member = member
    }

    var user: UserID { self.member.session.account.id }

    /// The client is in it no more. Called once.
    func stop() {
        self.isOver = true
        self.visit.take()?.end()
        self.member.stop()
    }

    /// A token that takes the place of the one before, of the same user.
    func adopt(_ session: Session) {
        self.member.adopt(session)
        if !self.isOver { self.sendScope() }
    }

    private func sendScope() { self.send(HocuspocusFrame.accepted(mayWrite: self.member.mayWrite)) }

    private func send(_ message: [UInt8]) {
        if !self.isOver { self.connection.send(self.head, ByteBuffer(bytes: message)) }
    }

    /// Changes nothing in the client.
    var keepAlive: ByteBuffer { ByteBuffer(documentFrame: self.head + DocumentFrame.keepAlive) }

    // MARK: What the client says

    func received(_ content: HocuspocusMessage.Content, in bytes: [UInt8]) throws(DocumentError) {
        switch content {
        case .plain(let message): try self.received(message, in: bytes)
        case .stateless(let range): self.member.tell(Array(bytes[range]))
        case .broadcast: self.connection.dismiss(self, HocuspocusFrame.close(reason: "Forbidden"))
        case .close: self.connection.forget(self)
        case .authenticate, .unknown: break
        }
    }

    private func received(_ message: DocumentMessage, in bytes: [UInt8]) throws(DocumentError) {
        switch message {
        case .step1(let range):
            let vector = try StateVector(bytes.span.extracting(range))
            self.member.ask()
            self.member.answer(vector)
        // Of who may not write not even one that brings nothing is taken.
        case .update where !self.member.mayWrite: self.settled(.refused, from: self.member)
        case .step2, .update: try self.receive(update: message, in: bytes)
        case .awareness, .queryAwareness, .denied, .unknown: try self.member.receive(message, in: bytes)
        }
    }

    /// The client counts the answers: each has its own, also one that can't be read.
    private func receive(update message: DocumentMessage, in bytes: [UInt8]) throws(DocumentError) {
        do throws(DocumentError) {
            try self.member.receive(message, in: bytes)
        } catch {
            self.settled(.refused, from: self.member)
            throw error
        }
    }
}

extension HocuspocusDocument: SharedLine {
    func began(_ member: DocumentMember) {
        self.isAccepted = true
        self.sendScope()
        member.showPresent()
        self.connection.accepted(self)
    }

    func send(_ reply: DocumentReply, from member: DocumentMember) {
        switch reply {
        case .step1(let vector): self.send(DocumentFrame.step1(vector))
        case .step2(let update): self.send(DocumentFrame.step2(update))
        case .awareness(let entries): self.send(DocumentFrame.awareness(AwarenessUpdate(entries).encoded()))
        case .told(let text): self.send(HocuspocusFrame.stateless(text))
        // What became of an update its status says, and of a client that is not let in the end of its part.
        case .echo, .denied: break
        }
    }

    func deliver(_ batch: Batch, of part: DocumentPart, to member: DocumentMember) {
        switch part {
        case .updates: self.connection.deliver(self.head, batch.encoded(as: DocumentBody.self))
        case .awareness: self.connection.deliver(self.head, batch.encoded(as: AwarenessBody.self))
        case .stateless: break
        }
    }

    func settled(_ outcome: UpdateOutcome, from member: DocumentMember) {
        self.send(HocuspocusFrame.status(isApplied: outcome == .applied))
    }

    func expiring(_ member: DocumentMember) { self.send(HocuspocusFrame.wantsToken) }

    func ended(_ member: DocumentMember, _ end: DocumentEnd) {
        let reason = end.clientText
        self.isOver = true
        self.visit.take()?.end()
        let message = self.isAccepted ? HocuspocusFrame.close(reason: reason) : HocuspocusFrame.denied(reason: reason)
        self.connection.dismissed(self, message)
    }
}
