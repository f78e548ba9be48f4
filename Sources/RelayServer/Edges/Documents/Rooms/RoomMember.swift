import NIOCore
import RelayAccess
import RelayCore
import RelayDocuments
import RelayWire

/// The part of a room's client in the document of that name. Another token of another user, or another room, is another of these.
final class RoomMember {
    private let conversation: RoomConversation
    private let member: DocumentMember
    /// Whether the client has left, or was put out.
    private var isOver = false
    /// Whether the client has said already what it has, in a part before this one: it gets all then.
    private let isReplacing: Bool

    init(_ member: DocumentMember, isReplacing: Bool, of conversation: RoomConversation) {
        self.member = member
        self.isReplacing = isReplacing
        self.conversation = conversation
    }

    var session: Session { self.member.session }

    func start() { self.member.start(on: self) }

    /// Called once.
    func stop() {
        guard !self.isOver else { return }
        self.isOver = true
        self.member.stop()
    }

    func drained() { self.member.drained() }

    func adopt(_ session: Session) { self.member.adopt(session) }

    func tell(_ json: [UInt8]) { self.member.tell(json) }

    func receive(_ update: AwarenessUpdate) { self.member.receive(update) }

    func received(_ message: DocumentMessage, in bytes: [UInt8]) throws(DocumentError) {
        switch message {
        case .step1(let range): self.member.answer(try StateVector(bytes.span.extracting(range)))
        case .step2(let range): try self.member.receive(update: range, in: bytes, isEchoed: false)
        case .update(let range): try self.member.receive(update: range, in: bytes, isEchoed: true)
        case .queryAwareness: self.member.sendPresent()
        case .awareness, .denied, .unknown: break
        }
    }
}

extension RoomMember: DocumentLine {
    var loop: DeliveryLoop { self.member.loop }

    var isWritable: Bool { !self.isOver && self.conversation.isWritable }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.conversation.suspend(work) { [weak self] value in
            if self?.isOver == false { body(value) }
        }
    }

    func workBegan() { self.conversation.workBegan() }

    func workEnded() { self.conversation.workEnded() }

    func began(_ member: DocumentMember) {
        self.conversation.entered()
        member.ask()
        member.showPresent()
        if self.isReplacing { member.answer(StateVector()) }
    }

    private func send(_ message: [UInt8]) {
        if !self.isOver { self.conversation.send(ByteBuffer(documentFrame: message)) }
    }

    func send(_ reply: DocumentReply, from member: DocumentMember) {
        switch reply {
        case .step1(let vector): self.send(DocumentFrame.step1(vector))
        case .step2(let update): self.send(DocumentFrame.step2(update))
        case .echo(let update): self.conversation.send(DocumentBatch.frame(update))
        case .awareness(let entries):
            let update = AwarenessUpdate(entries).encoded()
            self.send(ZealMessage.awarenessFrame(update, hasLength: self.conversation.writesLength))
        case .told(let json): self.send(ZealMessage.customFrame(json))
        case .denied(let reason):
            let isDenied = reason == DocumentMember.deniedReason
            self.conversation.fail(isDenied ? .denied : .refused(reason))
        }
    }

    func deliver(_ batch: Batch, of part: DocumentPart, to member: DocumentMember) {
        switch part {
        case .updates: self.conversation.deliver(batch.encoded(as: DocumentBatch.self))
        case .awareness where self.conversation.writesLength:
            self.conversation.deliver(batch.encoded(as: AwarenessBatch.self))
        case .awareness: self.conversation.deliver(batch.encoded(as: BareAwarenessBatch.self))
        case .stateless: break
        }
    }

    func flush() { self.conversation.flush() }

    /// An update's echo says that it is stored, and a text that it is not.
    func settled(_ outcome: UpdateOutcome, from member: DocumentMember) {}

    func ended(_ member: DocumentMember, _ end: DocumentEnd) {
        self.isOver = true
        self.conversation.ended(self, RoomFailure(end))
    }
}

/// What is shown of those who are present, for clients that write it without its length.
private enum BareAwarenessBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        let update = AwarenessUpdate(AwarenessBatch.newest(messages)).encoded()
        return ByteBuffer(documentFrame: ZealMessage.awarenessFrame(update, hasLength: false))
    }
}
