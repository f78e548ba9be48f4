import NIOCore
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// A client's stay in one room, from its join until it has left or was put out: what it says there, and who it is let in as. The room is the
/// document of that name. Lives on its line's loop.
final class RoomVisit {
    private enum Place {
        /// The client has to say who it is, or once more, before it gets anything.
        case waiting
        case inside(RoomMember)
        case over
    }

    let name: DocumentName
    private let line: any RoomLine
    private var place = Place.waiting
    /// Whether the answer to the join goes out as soon as the document is there.
    private var owesAnswer = false
    /// Whether it was in the room before, as somebody else or with another token.
    private var hasEntered = false

    /// - Returns: nil where the room's name is none.
    init?(_ room: String, by line: any RoomLine) {
        guard let name = DocumentName(room) else { return nil }
        self.name = name
        self.line = line
    }

    private var guest: RoomGuest { self.line.guest }

    private func welcome() { self.line.tell(.joined(room: self.name.text, clientID: self.guest.clientID)) }

    // MARK: Coming and going

    /// The client joins. It is told that it has, or why not. Called once.
    func begin() {
        // What is in the room it gets once it has said who it is.
        guard let session = self.guest.session else { return self.welcome() }
        self.owesAnswer = true
        guard case .success = self.guest.entrance.checked(session) else { return self.refuse(.denied) }
        self.enter(as: session)
    }

    /// The client leaves, or its connection is closed. Called at any time.
    func end() {
        if case .inside(let member) = self.place { member.stop() }
        self.place = .over
    }

    private func enter(as session: Session) {
        self.place = .waiting
        self.guest.entrance.open(self.name, as: session, for: self.line) { opened in
            if case .over = self.place { return }
            switch opened {
            case .failure(let refusal): self.refuse(RoomFailure(refusal))
            case .success(let use):
                guard self.guest.become(session, by: self.line) else { return self.refuse(.capacityReached) }
                let (services, loop) = (self.guest.services, self.line.loop)
                let member = DocumentMember(session, use, services, on: loop, telling: .zeal)
                let inside = RoomMember(member, isReplacing: self.hasEntered, of: self)
                // It may have said twice who it is before the first was let in.
                if case .inside(let earlier) = self.place { earlier.stop() }
                self.place = .inside(inside)
                inside.start()
            }
        }
    }

    private func refuse(_ failure: RoomFailure) {
        // Who was told that it has joined may still show a token that is let in.
        if self.owesAnswer { self.leave() }
        self.line.fail(failure)
    }

    private func leave() {
        self.end()
        self.line.left(self)
    }

    // MARK: What the client says

    var isInside: Bool { if case .inside = self.place { true } else { false } }

    func drained() {
        if case .inside(let member) = self.place { member.drained() }
    }

    /// - Parameter bytes: where the message is.
    func received(_ message: ZealMessage, in bytes: [UInt8]) throws(DocumentError) {
        if case .authenticate(let range) = message {
            let json = ByteBuffer(bytes: bytes[range])
            return self.guest.authenticate(json, by: self.line) { self.adopt($0) }
        }
        switch self.place {
        case .waiting: self.line.fail(.denied)
        case .inside(let member): try self.received(message, in: bytes, from: member)
        case .over: self.line.fail(.notJoined)
        }
    }

    private func received(
        _ message: ZealMessage,
        in bytes: [UInt8],
        from member: RoomMember
    ) throws(DocumentError) {
        switch message {
        case .plain(let message): try member.receive(message, in: bytes)
        case .awareness(let update, let hasLength):
            self.guest.writesLength = hasLength
            member.receive(update)
        case .custom(let range):
            // A heartbeat is for nobody.
            guard JSONScanner.text(ofMember: "type", in: ByteBuffer(bytes: bytes[range])) != "heartbeat" else { return }
            member.tell(Array(bytes[range]))
        case .authenticate, .unknown: break
        }
    }

    private func adopt(_ session: Session) {
        switch self.place {
        case .waiting: self.enter(as: session)
        case .inside(let member):
            guard member.session.account.id != session.account.id else {
                self.guest.adopt(session)
                return member.adopt(session)
            }
            member.stop()
            self.enter(as: session)
        case .over: break
        }
    }
}

// MARK: - What its member says

extension RoomVisit: DocumentConnection {
    var loop: DeliveryLoop { self.line.loop }

    var isWritable: Bool { self.line.isWritable }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.line.suspend(work, then: body)
    }

    func flush() { self.line.flush() }

    func workBegan() { self.line.workBegan() }

    func workEnded() { self.line.workEnded() }

    func fail(_ failure: RoomFailure) { self.line.fail(failure) }

    func send(_ message: [UInt8]) { self.line.send(message, of: self) }

    func sendAwareness(_ update: [UInt8]) {
        self.send(ZealMessage.awarenessFrame(update, hasLength: self.guest.writesLength))
    }

    func deliver(_ batch: Batch, of part: DocumentPart) {
        self.line.deliver(batch, of: part, hasLength: self.guest.writesLength, to: self)
    }

    /// The document is there, and what it has comes next.
    func entered() {
        if self.owesAnswer { self.welcome() }
        self.owesAnswer = false
        self.hasEntered = true
    }

    /// Who is told so may come back: with another token, or to another room.
    func ended(_ member: RoomMember, _ failure: RoomFailure) {
        guard case .inside(let current) = self.place, current === member else { return }
        self.place = .waiting
        if failure != .denied || self.owesAnswer { self.leave() }
        self.line.fail(failure)
    }
}
