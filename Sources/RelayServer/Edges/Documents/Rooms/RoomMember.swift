import NIOCore
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// The part of a room's client in the document of that name. Another token of another user, or another room, is another of these.
final class RoomMember {
    let connection: RoomVisit
    let member: DocumentMember
    private(set) var isOver = false
    /// Whether the client has said already what it has, in a part before this one: it gets all then.
    private let isReplacing: Bool

    init(_ member: DocumentMember, isReplacing: Bool, of visit: RoomVisit) {
        self.member = member
        self.isReplacing = isReplacing
        self.connection = visit
    }

    var session: Session { self.member.session }

    /// Called once.
    func stop() {
        guard !self.isOver else { return }
        self.isOver = true
        self.member.stop()
    }

    func adopt(_ session: Session) { self.member.adopt(session) }

    func tell(_ json: [UInt8]) { self.member.tell(json) }

    func receive(_ update: AwarenessUpdate) { self.member.receive(update) }

    func receive(_ message: DocumentMessage, in bytes: [UInt8]) throws(DocumentError) {
        try self.member.receive(message, in: bytes)
    }
}

extension RoomMember: SharedLine {
    func began(_ member: DocumentMember) {
        self.connection.entered()
        member.ask()
        member.showPresent()
        if self.isReplacing { member.answer(StateVector()) }
    }

    func send(_ reply: DocumentReply, from member: DocumentMember) {
        guard !self.isOver else { return }
        switch reply {
        case .step1(let vector): self.connection.send(DocumentFrame.step1(vector))
        case .step2(let update): self.connection.send(DocumentFrame.step2(update))
        case .echo(let update): self.connection.send(DocumentFrame.update(Array(update.readableBytesView)))
        case .awareness(let entries): self.connection.sendAwareness(AwarenessUpdate(entries).encoded())
        case .told(let json): self.connection.send(ZealMessage.customFrame(json))
        case .denied(let refusal): self.connection.fail(RoomFailure(refusal))
        }
    }

    func deliver(_ batch: Batch, of part: DocumentPart, to member: DocumentMember) {
        self.connection.deliver(batch, of: part)
    }

    /// An update's echo says that it is stored, and a text that it is not.
    func settled(_ outcome: UpdateOutcome, from member: DocumentMember) {}

    func ended(_ member: DocumentMember, _ end: DocumentEnd) {
        self.isOver = true
        self.connection.ended(self, RoomFailure(end))
    }
}
