import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Who the client of one Pulse connection is: nobody yet, a guest, or a token's user. It answers `connect` frames, and has the
/// ``PulseMember`` that all other requests are for. Lives on its connection's loop.
final class PulseIdentity {
    /// Who has opened the WebSocket.
    enum Client {
        /// A token's user, or a guest.
        case known(Session)
        /// Nobody has said yet who it is.
        case stranger(StrangerGate, address: String)

        var isGuest: Bool { if case .known(let session) = self { session.isGuest } else { false } }
    }

    /// Of the protocol. There is no other.
    private static let version: UInt8 = 1

    private(set) var client: Client
    /// Nil while nobody has said who the client is, and once the connection is gone.
    private(set) var member: PulseMember?
    /// Nil before the connection is open, and once it is gone. The two hold each other meanwhile.
    private var conversation: PulseConversation?
    /// Ends the wait for a stranger's token.
    private var timer: Scheduled<Void>?
    /// Names the connection to its client, and as a member of channels: 128 bits by chance.
    private let number = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

    init(_ client: Client) {
        self.client = client
    }

    var connectionID: String { "conn_" + String(hexadecimal: self.number.0) + String(hexadecimal: self.number.1) }

    var facts: ConnectionFacts {
        switch self.client {
        case .known(let session):
            ConnectionFacts(.pulse, user: session.account.id, topics: self.member?.readers.count ?? 0)
        case .stranger(_, let address): ConnectionFacts(.pulse, address: address)
        }
    }

    func opened(_ conversation: PulseConversation) {
        self.conversation = conversation
        switch self.client {
        case .known(let session): self.admit(session)
        case .stranger(let gate, _): self.watch(gate, conversation)
        }
        self.greet()
    }

    func closed() {
        self.timer?.cancel()
        self.timer = nil
        self.conversation = nil
        self.member?.closed()
        self.member = nil
    }

    // MARK: Nobody yet

    private func watch(_ gate: StrangerGate, _ conversation: PulseConversation) {
        gate.onExcess = { [weak self] in self?.putOff("Too much before a token") }
        let patience = conversation.services.strangers.patience
        self.timer = conversation.loop.eventLoop.assumeIsolated().scheduleTask(in: patience) { [weak self] in
            self?.putOff("No token in time")
        }
    }

    private func putOff(_ reason: String) {
        self.conversation?.fail(0, PulseFailure(.unauthorized, reason))
        self.conversation?.connection?.close(.unauthenticated, reason)
    }

    // MARK: Somebody

    /// Makes the connection that of the session's user.
    private func admit(_ session: Session) {
        guard let conversation = self.conversation, let connection = conversation.connection else { return }
        self.client = .known(session)
        let member = PulseMember(session, as: self.connectionID, conversation, connection)
        self.member = member
        conversation.loop.current?.connections.add(member)
    }

    func connect(_ version: UInt8, _ token: String?, since start: NIODeadline) {
        guard let conversation = self.conversation else { return }
        guard version == Self.version else {
            return conversation.fail(0, PulseFailure(.versionNotSupported, "The version is \(Self.version)"))
        }
        guard let token else {
            guard self.member != nil else { return conversation.fail(0, .unauthorized) }
            return self.welcome(since: start)
        }
        conversation.services.access.findSession(token, for: conversation) { result in
            do throws(PulseFailure) {
                try self.enter(try self.checked(result, at: conversation.services.clock.now()))
                self.welcome(since: start)
            } catch {
                self.conversation?.fail(0, error)
                self.conversation?.noteOffence("Too many tokens that are not good")
            }
        }
    }

    private func welcome(since start: NIODeadline) {
        self.conversation?.answer(self.greeting, since: start)
    }

    /// Clients wait for it before they do anything.
    private func greet() {
        self.conversation?.send(self.greeting)
    }

    private var greeting: PulseServerFrame {
        let milliseconds = (self.conversation?.services.limits.heartbeat.nanoseconds ?? 0) / 1_000_000
        return .connected(
            connectionID: self.connectionID,
            version: Self.version,
            heartbeat: UInt32(clamping: milliseconds)
        )
    }

    /// Refuses a token that names a key: it is shown with a proof of the key, for which a frame has no place.
    private func checked(_ result: Result<Session, AccessError>, at now: Timestamp) throws(PulseFailure) -> Session {
        do throws(AccessError) {
            let session = try result.get()
            guard session.key == nil else { throw AccessError(.proofRequired) }
            _ = try session.principal(at: now, requiring: .read)
            return session
        } catch {
            throw PulseFailure(error.status >= 500 ? .serverError : .unauthorized, error.detail)
        }
    }

    private func enter(_ session: Session) throws(PulseFailure) {
        if let member = self.member, member.isSame(as: session) {
            self.client = .known(session)
            return member.adopt(session)
        }
        guard self.member?.mayLeave ?? true else {
            throw PulseFailure(.unauthorized, "The token is another user's")
        }
        guard let conversation = self.conversation, let connection = conversation.connection,
            let place = conversation.services.sockets.places.enter(session.account.id)
        else { throw PulseFailure(.rateLimited, "Too many connections") }
        connection.adopt(place)
        self.timer?.cancel()
        self.timer = nil
        if case .stranger(let gate, _) = self.client { gate.lift() }
        self.member?.leave()
        self.admit(session)
    }
}
