import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// What a client of rooms, as Zeal's, and the relay say to each other over a WebSocket: which room it is in, by texts, and the document of that
/// name, in binary. Lives on its connection's loop.
final class RoomConversation {
    private enum Place {
        case outside
        /// The client has to say who it is, or once more, before it gets anything.
        case waiting(DocumentName)
        case inside(DocumentName, RoomMember)
    }

    /// Of what can't be read. Beyond it the connection is closed.
    private static let maxMalformed = 16

    /// Nil before it is open, and once it closes or is gone.
    private var connection: WebSocketConnection?
    let loop: DeliveryLoop
    private let services: DocumentServices
    private let entrance: DocumentEntrance
    /// Who the client is: of the token that the WebSocket was opened with, or of the last that a message has brought.
    private var session: Session?
    /// Nil once the client is known.
    private var stranger: DocumentStranger?
    private var place = Place.outside
    /// The answer to a join that goes out as soon as the document is there.
    private var owedAnswer: RoomNotice?
    /// Whether awareness goes with its length: as the client last wrote it.
    private(set) var writesLength = true
    private let clientID = "client_" + String(UInt64.random(in: (1 << 44)..<(1 << 48)), radix: 16)
    private var timer: Scheduled<Void>?
    private var malformed = 0
    private var hasJoined = false
    /// Whether it was in the room before, as somebody else or with another token.
    private var hasEntered = false

    /// - Parameters:
    ///   - session: of the token that the WebSocket was opened with.
    ///   - stranger: where there was none.
    init(_ session: Session?, _ stranger: DocumentStranger?, _ services: DocumentServices, on loop: DeliveryLoop) {
        self.session = session
        self.entrance = DocumentEntrance(services: services, opener: session)
        self.stranger = stranger
        self.services = services
        self.loop = loop
    }

    private func send(_ notice: RoomNotice) { self.connection?.send(notice.framed) }

    func fail(_ failure: RoomFailure) {
        let notice = failure.notice
        if case .failed(_, let code) = notice { self.services.publisher.metrics.failed(.webSocket, code: code) }
        self.send(notice)
    }
}

// MARK: - The WebSocket

extension RoomConversation: WebSocketDialect {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        guard let stranger = self.stranger else { return }
        stranger.onExcess { [weak self] in self?.connection?.close(.unauthorized, "Too much before a token") }
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(in: self.services.strangers.patience) {
            [weak self] in
            self?.fail(.denied)
            self?.connection?.close(.unauthorized, "No token in time")
        }
    }

    func closed() {
        self.timer?.cancel()
        self.timer = nil
        self.connection = nil
        self.leave()
    }

    func drained() {
        if case .inside(_, let member) = self.place { member.drained() }
    }

    var idleReason: String? { self.hasJoined ? nil : "Idle timeout before join" }

    /// Clients of y-protocols close a connection over which nothing has come for 30 s.
    var keepAlive: ByteBuffer? {
        guard case .inside = self.place else { return nil }
        return ByteBuffer(
            documentFrame: ZealMessage.awarenessFrame(AwarenessUpdate().encoded(), hasLength: self.writesLength)
        )
    }

    func foundTooLarge() { self.fail(.tooLarge) }

    func received(text: ByteBuffer) {
        switch RoomFrame(json: text) {
        case .join(let room): self.join(room)
        case .leave: self.leave()
        case nil: self.receivedNonsense()
        }
    }

    func received(binary: ByteBuffer) {
        var offset = 0
        let bytes = Array(binary.readableBytesView)
        do throws(DocumentError) {
            while offset < bytes.count, self.connection != nil {
                try self.received(try ZealMessage.next(in: bytes.span, at: &offset), in: bytes)
            }
        } catch {
            self.receivedNonsense()
        }
    }

    private func receivedNonsense() {
        self.services.metrics.refused(.malformed)
        self.fail(.malformed)
        self.malformed += 1
        if self.malformed > Self.maxMalformed { self.connection?.close(.policyViolation, "Malformed messages") }
    }

    private func received(_ message: ZealMessage, in bytes: [UInt8]) throws(DocumentError) {
        if case .authenticate(let range) = message { return self.authenticate(ByteBuffer(bytes: bytes[range])) }
        switch self.place {
        case .outside: self.fail(.notJoined)
        case .waiting: self.fail(.denied)
        case .inside(_, let member): try self.received(message, in: bytes, from: member)
        }
    }

    private func received(
        _ message: ZealMessage,
        in bytes: [UInt8],
        from member: RoomMember
    ) throws(DocumentError) {
        switch message {
        case .plain(let message): try member.received(message, in: bytes)
        case .awareness(let update, let hasLength):
            self.writesLength = hasLength
            member.receive(update)
        case .custom(let range):
            // A heartbeat is for nobody.
            guard RoomFrame.text("type", in: ByteBuffer(bytes: bytes[range])) != "heartbeat" else { return }
            member.tell(Array(bytes[range]))
        case .authenticate, .unknown: break
        }
    }
}

// MARK: - Rooms

extension RoomConversation: Suspending {
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.connection?.suspend(work, then: body)
    }

    private func join(_ room: String) {
        guard let name = DocumentName(room) else { return self.receivedNonsense() }
        self.leave()
        self.hasJoined = true
        let answer = RoomNotice.joined(room: room, clientID: self.clientID)
        guard let session = self.session else {
            // What is in the room it gets once it has said who it is.
            self.place = .waiting(name)
            return self.send(answer)
        }
        guard case .success = self.entrance.checked(session) else { return self.fail(.denied) }
        self.owedAnswer = answer
        self.enter(name, as: session)
    }

    private func enter(_ name: DocumentName, as session: Session) {
        self.place = .waiting(name)
        self.entrance.open(name, as: session, for: self) { opened in
            switch opened {
            case .failure(let refusal): self.refuse(RoomFailure(refusal))
            case .success(let use):
                guard self.becomeKnown(as: session) else { return self.refuse(.capacityReached) }
                self.session = session
                let member = DocumentMember(session, use, self.services, on: self.loop, telling: .zeal)
                let inside = RoomMember(member, isReplacing: self.hasEntered, of: self)
                self.place = .inside(name, inside)
                inside.start()
            }
        }
    }

    /// The document is there, and what it has comes next.
    func entered() {
        if let answer = self.owedAnswer.take() { self.send(answer) }
        self.hasEntered = true
    }

    private func refuse(_ failure: RoomFailure) {
        // Who was told that it has joined may still show a token that is let in.
        if self.owedAnswer.take() != nil { self.place = .outside }
        self.fail(failure)
    }

    /// Who is told so may come back: with another token, or to another room.
    func ended(_ member: RoomMember, _ failure: RoomFailure) {
        guard case .inside(let name, let current) = self.place, current === member else { return }
        self.place = failure == .denied && self.owedAnswer == nil ? .waiting(name) : .outside
        self.owedAnswer = nil
        self.fail(failure)
    }

    private func leave() {
        if case .inside(_, let member) = self.place { member.stop() }
        self.place = .outside
        self.owedAnswer = nil
        self.hasEntered = false
    }

    private func becomeKnown(as session: Session) -> Bool {
        guard let stranger = self.stranger else { return true }
        guard let connection = self.connection, stranger.become(session, on: connection, self.services) else {
            return false
        }
        self.stranger = nil
        self.timer?.cancel()
        self.timer = nil
        return true
    }
}

// MARK: - Who the client is

extension RoomConversation {
    /// - Parameter json: with a token, or without one. What else it says is for people to read, and nothing that the relay needs.
    private func authenticate(_ json: ByteBuffer) {
        let token = RoomFrame.text("token", in: json) ?? ""
        if token.isEmpty, self.session != nil { return }
        self.entrance.session(token, for: self) { result in
            switch result {
            case .failure(let error):
                self.connection?.send(ByteBuffer(documentFrame: DocumentFrame.denied(reason: error.detail)))
                self.fail(.denied)
            case .success(let session): self.adopt(session)
            }
        }
    }

    private func adopt(_ session: Session) {
        switch self.place {
        case .outside:
            // A user's place among its connections it has where it shows a token; others get theirs with their first document.
            guard session === Session.anonymous || self.becomeKnown(as: session) else {
                return self.fail(.capacityReached)
            }
            self.session = session
        case .waiting(let name): self.enter(name, as: session)
        case .inside(let name, let member):
            guard member.session.account.id != session.account.id else {
                self.session = session
                return member.adopt(session)
            }
            member.stop()
            self.enter(name, as: session)
        }
    }
}

// MARK: - What its member says

extension RoomConversation {
    var isWritable: Bool { self.connection?.isWritable == true }

    /// - Parameter bytes: whole frames.
    func send(_ bytes: ByteBuffer) { self.connection?.send(bytes) }

    /// Goes out with the next ``flush()``.
    func deliver(_ bytes: ByteBuffer) { self.connection?.deliver(bytes) }

    func flush() { self.connection?.flush() }

    func workBegan() { self.connection?.workBegan() }

    func workEnded() { self.connection?.workEnded() }
}
