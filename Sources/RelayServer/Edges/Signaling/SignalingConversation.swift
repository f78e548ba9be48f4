import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelaySessions
import RelayTelemetry
import RelayWire

/// What the client of a signaling socket and the relay say to each other, from the first message on: who the client is, and then what its
/// ``SignalingMember`` hears and says. Lives on its connection's loop.
final class SignalingConversation {
    /// Who has opened the socket.
    enum Client {
        /// A token's user. With the ticket, where that was the token, and the address, where it is known.
        case known(RelayAccess.Session, ticket: String?, address: String?)
        /// Nobody has said yet who it is.
        case stranger(address: String, StrangerGate)
    }

    private enum Phase {
        /// The client has joined no session.
        case outside
        case inside(SignalingMember)
        case over
    }

    /// Once it has joined, the peer's own ticket's.
    private var client: Client
    private let services: SignalingServices
    /// Where a client goes on whose first message is of another protocol.
    private let successor: (any SocketSuccessor)?
    let loop: DeliveryLoop
    /// Nil before it is open, and once it closes or is gone.
    private var connection: WebSocketConnection?
    private var phase = Phase.outside
    private var badMessages = BadMessages()
    private var budget: SenderBudget
    /// Ends the wait for a stranger's join, or for the next message that may be heard.
    private var timer: Scheduled<Void>?
    /// Whether the client has sent as much as it may for now.
    private var isSpent = false

    init(
        _ client: Client,
        services: SignalingServices,
        loop: DeliveryLoop,
        successor: (any SocketSuccessor)? = nil
    ) {
        self.client = client
        self.successor = successor
        self.services = services
        self.loop = loop
        self.budget = SenderBudget(services.limits.sender.current)
    }

    private var isStranger: Bool { if case .stranger = self.client { true } else { false } }

    private func send(_ notice: SignalNotice) {
        if case .error(let failure) = notice { self.services.metrics.failed(.webSocket, code: failure.code) }
        self.connection?.send(notice.framed)
    }

    private func fail(_ code: SessionErrorCode, _ text: String, _ requestID: ByteBuffer?) {
        self.send(.error(SignalNotice.Failure(code, text, requestID)))
    }
}

// MARK: - The WebSocket

extension SignalingConversation: WebSocketDialect {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        guard case .stranger(_, let gate) = self.client else { return }
        let refuse = { [weak self] (text: String) in self?.connection?.close(.unauthenticated, text) ?? () }
        gate.onExcess = { refuse("Too much before a join") }
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(in: self.services.strangers.patience) {
            refuse("No join in time")
        }
    }

    func closed() {
        self.timer?.cancel()
        self.timer = nil
        self.connection = nil
        if case .inside(let member) = self.phase { member.closed() }
        self.phase = .over
    }

    var facts: ConnectionFacts? {
        let isInside = if case .inside = self.phase { true } else { false }
        let topics = isInside ? SignalTopic.followed.count : 0
        switch self.client {
        case .known(let session, _, _): return ConnectionFacts(.signaling, user: session.account.id, topics: topics)
        case .stranger(let address, _): return ConnectionFacts(.signaling, address: address)
        }
    }

    var endedByAdministrator: WebSocketErrorCode { .kicked }

    var idleReason: String? { if case .outside = self.phase { "Idle timeout before join" } else { nil } }

    var holdsBack: Bool {
        if self.isSpent { return true }
        guard case .inside(let member) = self.phase else { return false }
        return member.holdsBack
    }

    func drained() {
        if case .inside(let member) = self.phase { member.drained() }
    }

    func goingAway() -> WebSocketErrorCode {
        self.send(.serverDraining(alternate: self.services.sockets.draining.alternate))
        if case .inside(let member) = self.phase { member.goingAway() }
        return .serviceRestart
    }

    func received(text: ByteBuffer) {
        if self.handsOver(text) { return }
        self.spend(text.readableBytes)
        guard text.readableBytes <= self.services.limits.maxTextBytes else {
            return self.fail(.tooLarge, "A text is at most \(self.services.limits.maxTextBytes) bytes", nil)
        }
        let frame: SignalFrame
        do throws(SignalProblem) {
            frame = try SignalFrame(json: text)
        } catch {
            return self.refuse(error)
        }
        switch self.phase {
        case .outside: self.begin(frame)
        case .inside(let member): member.received(frame)
        case .over: break
        }
    }

    func received(binary: ByteBuffer) {
        switch self.phase {
        case .outside:
            self.spend(0)
            self.refuseOutside(nil)
        case .inside(let member):
            // Frames of a tunnel have bounds of their own. What belongs to none counts as a message.
            if !member.received(binary: binary) { self.spend(0) }
        case .over: break
        }
    }

    private func handsOver(_ text: ByteBuffer) -> Bool {
        guard let successor = self.successor, case .stranger(let address, let gate) = self.client,
            let dialect = successor.dialect(
                beginningWith: text,
                for: .stranger(gate, address: address),
                at: nil,
                on: self.loop
            )
        else { return false }
        self.connection?.change(to: dialect)
        dialect.received(text: text)
        return true
    }

    private func refuse(_ problem: SignalProblem) {
        self.send(.error(SignalNotice.Failure(problem)))
        if case .outside = self.phase, self.isStranger {
            self.connection?.close(.unauthenticated, "The first message has to join")
        } else if self.badMessages.note(at: .now()) {
            self.connection?.close(.policyViolation, "Too many messages that can't be read")
        }
    }

    private func spend(_ bytes: Int) {
        // Strangers have a bound of their own, and their timer is the wait for their join.
        guard !self.isStranger, let moment = self.budget.spend(bytes, at: .now()) else { return }
        self.isSpent = true
        self.timer?.cancel()
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
            self?.isSpent = false
            self?.connection?.hearOn()
        }
    }
}

// MARK: - Joining

extension SignalingConversation: Suspending {
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.connection?.suspend(work, then: body)
    }

    private func begin(_ frame: SignalFrame) {
        switch frame.content {
        case .join(let join): self.join(frame, join)
        case .ping: self.send(.pong(requestID: frame.requestID))
        case .pong: break
        default: self.refuseOutside(frame.requestID)
        }
    }

    private func refuseOutside(_ requestID: ByteBuffer?) {
        self.fail(.unauthenticated, "Join a session first", requestID)
        if self.isStranger { self.connection?.close(.unauthenticated, "The first message has to join") }
    }

    private func join(_ frame: SignalFrame, _ join: SignalFrame.Join) {
        let asking: SignalingEntrance.Asking
        do throws(AccessError) {
            asking = try self.asking()
            try self.services.joins.admit(asking.origin, at: self.services.clock.uptime())
        } catch {
            return self.send(.error(SignalNotice.Failure(error, frame.requestID)))
        }
        var join = join
        if join.token.isEmpty, case .known(_, let ticket?, _) = self.client { join.token = ticket }
        let entrance = SignalingEntrance(frame, join, of: asking)
        let anonymous = self.services.anonymous
        let sessions = self.services.sessions
        let start = self.services.clock.uptime()
        let span = self.connection?.span?.child("join a session")
        self.suspend {
            do throws(SessionFailure) {
                try await entrance.count(anonymous, at: start)
                let joined = try await entrance.enter(sessions)
                span?.end(in: joined.session.id)
                return .success(joined)
            } catch {
                span?.end(failure: error.code.rawValue)
                return .failure(error)
            }
        } then: { (result: Result<JoinedPeer, SessionFailure>) in
            self.services.latency.took(self.services.clock.uptime() - start, "join")
            switch result {
            case .success(let joined): self.entered(joined, entrance)
            case .failure(let failure):
                if failure.code.status < 429 {
                    self.services.joins.failed(asking.origin, at: self.services.clock.uptime())
                }
                self.send(.error(SignalNotice.Failure(failure, frame.requestID)))
            }
        }
    }

    private func asking() throws(AccessError) -> SignalingEntrance.Asking {
        switch self.client {
        case .stranger(let address, _):
            return SignalingEntrance.Asking(account: nil, ticket: nil, origin: address, address: address)
        case .known(let session, _, let address):
            let principal = try session.principal(at: self.services.clock.now(), requiring: .read)
            let ticket = session.peer?.ticket
            return SignalingEntrance.Asking(
                account: ticket == nil ? principal : nil,
                ticket: ticket,
                origin: "account \(principal.id)",
                address: address
            )
        }
    }

    /// The peer is in the session. From here on its own ticket says who it is.
    private func entered(_ joined: JoinedPeer, _ entrance: SignalingEntrance) {
        self.services.access.findSession(joined.ticket.text, for: self) { result in
            switch result {
            case .success(let session): self.follow(joined, session, entrance)
            case .failure(let error):
                self.forsake(joined)
                self.send(.error(SignalNotice.Failure(error, entrance.requestID)))
                self.connection?.close(.unauthenticated, error.detail)
            }
        }
    }

    /// The peer that was let in has no socket after all: the session need not wait for the end of its lease.
    private func forsake(_ joined: JoinedPeer) {
        let sessions = self.services.sessions
        _ = self.services.sockets.lane.run {
            await sessions.connectionLost(joined.peer.connection, of: joined.peer.id, in: joined.session.id)
        }
    }

    private func follow(_ joined: JoinedPeer, _ session: RelayAccess.Session, _ entrance: SignalingEntrance) {
        guard let connection = self.connection else { return self.forsake(joined) }
        if case .stranger(_, let gate) = self.client {
            guard let place = self.services.sockets.places.enter(session.account.id) else {
                self.forsake(joined)
                self.fail(.quotaExceeded, "Too many connections", entrance.requestID)
                return connection.close(.policyViolation, "Too many connections")
            }
            self.timer?.cancel()
            self.timer = nil
            connection.adopt(place)
            gate.lift()
        }
        self.client = .known(session, ticket: nil, address: nil)
        let member = SignalingMember(
            joined,
            session,
            speaking: entrance.join.dialect,
            services: self.services,
            connection,
            on: self.loop
        )
        let topics = SignalTopic.followed.map { SessionTopicName(joined.session.id, $0.part) }
        let keys = topics.map { TopicKey(name: $0.topicName) }
        self.services.joiner.join(keys, for: self, sink: member, as: nil) { place, topic in
            entrance.start(of: SignalTopic.followed[place], joined, in: topic.bounds)
        } then: { readers in
            switch consume readers {
            case .success(let readers):
                self.phase = .inside(member)
                member.start(readers, joined, entrance)
            case .failure(let refusal):
                self.forsake(joined)
                self.fail(.unavailable, refusal.clientText, entrance.requestID)
                connection.close(.unexpectedServerError, refusal.clientText)
            }
        }
    }
}
