import NIOCore
public import RelayCore
public import RelayWire
import Synchronization

/// Editing sessions as the relay serves them: who may do what is asked for, what becomes of the session, which tickets are given out.
///
/// A session is the state of its root topic. Every change is a transition there: whichever relay decides it, its members are told once. The
/// service holds nothing of a session itself.
public final class SessionService: Sendable {
    /// What holds at this moment.
    public var settings: SessionSettings { self.settingsInForce.current }
    private let settingsInForce: Adjustable<SessionSettings>
    public let keys: SessionKeys
    let broker: Broker
    let deadlines: any DeadlineStore
    let proofs: UsedProofs
    private let onTransition: @Sendable (SessionTransition) -> Void
    private let activeSessions = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)

    /// - Parameters:
    ///   - takingProof: takes the name of a proof for all relays that share a store, and says whether it is the first to; nil where none do.
    ///   - onTransition: told of every transition of this relay, once it is stored. On any thread; must be quick.
    public init(
        settings: SessionSettings,
        keys: SessionKeys,
        broker: Broker,
        deadlines: any DeadlineStore,
        takingProof: (@Sendable (_ name: String) async throws(StoreError) -> Bool)? = nil,
        onTransition: @escaping @Sendable (SessionTransition) -> Void
    ) {
        self.settingsInForce = Adjustable(settings)
        self.keys = keys
        self.broker = broker
        self.deadlines = deadlines
        self.proofs = UsedProofs(sharing: takingProof, startedAt: broker.clock.now())
        self.onTransition = onTransition
    }

    /// Lets people in, and gives out tickets, by other settings from now on. Sessions that there are go on as they were.
    ///
    /// - Parameter settings: ``SessionSettings/cluster``, ``SessionSettings/rules`` and ``SessionSettings/messages`` must be as before: the
    ///   sessions' topics were made with them.
    public func change(to settings: SessionSettings) { self.settingsInForce.change(to: settings) }

    /// Sessions that have not ended, on all relays that share the store: those that the last round has seen, and what this relay has done since.
    public var active: Int { max(0, self.activeSessions.load(ordering: .relaxed)) }

    /// - Parameter active: sessions that have not ended.
    func counted(_ active: Int) {
        self.activeSessions.store(active, ordering: .relaxed)
    }

    private func count(_ event: SessionEvent) {
        switch event {
        case .created: self.activeSessions.add(1, ordering: .relaxed)
        case .stateChanged(_, let state) where state.isEnded: self.activeSessions.subtract(1, ordering: .relaxed)
        default: break
        }
    }

    /// By the wall clock.
    public var now: Timestamp { self.broker.clock.now() }

    /// Whether no sessions are made any more: the relay stops.
    var isDraining: Bool { self.draining.load(ordering: .relaxed) }

    /// Makes no more sessions. Those that there are go on.
    public func drain() { self.draining.store(true, ordering: .relaxed) }

    func minter() async throws(SessionFailure) -> TicketMinter {
        TicketMinter(
            cluster: self.settings.cluster,
            keys: try await self.keys.current(),
            lifetimes: self.settings.lifetimes
        )
    }

    /// What a ticket is. One by a key that this relay does not know may be by one that another has just made.
    ///
    /// - Parameter session: where its bearer wants to go; nil for who has not said: then the ticket is good for its own session.
    public func verified(_ token: String, for session: SessionID? = nil) async throws(SessionFailure) -> VerifiedTicket
    {
        do throws(SessionFailure) {
            return try self.verify(token, session, by: try await self.keys.current())
        } catch {
            guard case .ticket(.unknownKey) = error else { throw error }
            return try self.verify(token, session, by: try await self.keys.fresh())
        }
    }

    private func verify(
        _ token: String,
        _ session: SessionID?,
        by keys: TicketKeys
    ) throws(SessionFailure) -> VerifiedTicket {
        let verifier = TicketVerifier(
            cluster: self.settings.cluster,
            keys: keys,
            acceptsLegacy: self.settings.acceptsLegacyTokens
        )
        do throws(TicketRefusal) {
            guard let session else { return try verifier.verifyForItsSession(token, at: self.now) }
            return try verifier.verify(token, for: session, at: self.now)
        } catch {
            throw .ticket(error)
        }
    }

    // MARK: Looking

    /// A session that `principal` may see, as of now.
    public func session(_ id: SessionID, as principal: Principal) async throws(SessionFailure) -> Session {
        let access: TopicAccess
        do throws(BrokerError) {
            access = try await self.broker.topic(Self.key(id), for: .look, as: principal).access
        } catch {
            throw .broker(error)
        }
        guard let session = access.state as? Session else { throw .refused(.sessionUnknown) }
        return session.tick(at: self.now)?.session ?? session
    }

    /// The sessions that an account made, by id.
    ///
    /// - Parameters:
    ///   - id: the page begins after it; nil for the first page.
    ///   - limit: sessions in the page.
    public func sessions(
        of account: UserID,
        after id: SessionID?,
        limit: Int
    ) async throws(SessionFailure) -> [Session] {
        var sessions: [Session] = []
        var last = id.map(Self.key) ?? TopicKey(name: TopicName(path: "session/"))
        while sessions.count < limit {
            let page: [StoredTopic]
            do throws(BrokerError) {
                page = try await self.broker.topics(of: account, after: last, limit: limit)
            } catch {
                throw .broker(error)
            }
            for topic in page {
                guard topic.record.key.name.rawValue.hasPrefix("session/") else { return sessions }
                guard sessions.count < limit, topic.record.owner == account else { continue }
                if let session = self.session(in: topic.record) { sessions.append(session) }
            }
            guard page.count == limit, let key = page.last?.record.key else { return sessions }
            last = key
        }
        return sessions
    }

    /// All sessions, by id. For administrators.
    ///
    /// - Parameters:
    ///   - owner: whose; nil for everybody's.
    ///   - id: the page begins after it; nil for the first page.
    ///   - limit: sessions in the page.
    public func allSessions(
        of owner: UserID?,
        after id: SessionID?,
        limit: Int
    ) async throws(SessionFailure) -> [Session] {
        var sessions: [Session] = []
        var last = id.map(Self.key)
        while sessions.count < limit {
            let page: [StoredTopic]
            do throws(BrokerError) {
                page = try await self.broker.topics(ofKind: SessionTopic.rootKind, after: last, limit: Self.pageSize)
            } catch {
                throw .broker(error)
            }
            for topic in page where sessions.count < limit && (owner == nil || topic.record.owner == owner) {
                if let session = self.session(in: topic.record) { sessions.append(session) }
            }
            guard page.count == Self.pageSize, let key = page.last?.record.key else { return sessions }
            last = key
        }
        return sessions
    }

    func session(in record: TopicRecord) -> Session? {
        guard let state = record.state else { return nil }
        return try? Session(document: Array(state.bytes.readableBytesView), rules: self.settings.rules)
    }

    static func key(_ id: SessionID) -> TopicKey {
        TopicKey(name: SessionTopicName(id).topicName)
    }

    // MARK: Changing

    /// Carries out what `principal` wants of a session. A peer that asks for something is there, whatever was thought before.
    ///
    /// - Parameter operation: gets the session, and who `principal` is to it.
    /// - Returns: the session as it is then.
    func change(
        _ id: SessionID,
        as principal: Principal,
        _ operation: (Session, SessionActor, Timestamp) throws(SessionRefusal) -> SessionTransition
    ) async throws(SessionFailure) -> Session {
        try await self.change(id) { (session, now) throws(SessionRefusal) in
            let actor = try session.actor(principal)
            guard case .peer(let peer) = actor, session.peer(peer)?.isConnected == false else {
                return try operation(session, actor, now)
            }
            let back = try session.comeBack(peer, over: nil, at: now)
            return back.followed(by: try operation(back.session, actor, now))
        }
    }

    /// Carries out one operation on a session, whoever asks.
    func change(
        _ id: SessionID,
        _ operation: (Session, Timestamp) throws(SessionRefusal) -> SessionTransition
    ) async throws(SessionFailure) -> Session {
        let now = self.now
        return try await self.transition(id, at: now) { (access) throws(SessionRefusal) in
            guard access.record != nil else { throw .sessionUnknown }
            guard let session = access.state as? Session else { throw .unreadable }
            let transition = try operation(session, now)
            guard transition.session.revision != session.revision else { return .keep(transition) }
            return Self.store(transition, at: now)
        }.session
    }

    static func store(_ transition: SessionTransition, at now: Timestamp) -> KindChange<SessionTransition> {
        .store(ByteBuffer(bytes: transition.session.document), telling: transition.messages(at: now), transition)
    }

    /// Decides a transition of a session's root, and sees to what follows from it.
    func transition(
        _ id: SessionID,
        at now: Timestamp,
        owner: UserID = Principal.relay.id,
        within quota: TopicQuota = .unlimited,
        _ decide: (TopicAccess) throws(SessionRefusal) -> KindChange<SessionTransition>
    ) async throws(SessionFailure) -> SessionTransition {
        let transition: SessionTransition
        do throws(TransitionFailure<SessionRefusal>) {
            transition = try await self.broker.transition(Self.key(id), owner: owner, within: quota, decide)
        } catch {
            switch error {
            case .refused(let refusal): throw .refused(refusal)
            case .broker(let error): throw .broker(error)
            }
        }
        guard !transition.events.isEmpty else { return transition }
        for event in transition.events { self.count(event) }
        self.onTransition(transition)
        await self.setDeadlines(of: transition, at: now)
        await self.takeBackPresence(of: transition, at: now)
        return transition
    }

    /// What who is gone has said of itself is over. Where the store can't take that now it stays until the session ends: the roster has the truth.
    private func takeBackPresence(of transition: SessionTransition, at now: Timestamp) async {
        guard !transition.session.state.isEnded else { return }
        var drafts: [Draft] = []
        for case .peerLeft(let peer, _) in transition.events { drafts += PresenceTopic.farewells(of: peer, at: now) }
        guard !drafts.isEmpty else { return }
        let topic = SessionTopicName(transition.session.id, .presence).topicName
        try? await self.broker.announce(drafts, to: TopicKey(name: topic))
    }

    /// The session's own, and the leases of those who came and went. Not before they did: a lease is renewed only by who is known to be its
    /// peer. What can't be set now the round sets that looks at all sessions, or the peer's next sign of life.
    private func setDeadlines(of transition: SessionTransition, at now: Timestamp) async {
        let root = Self.key(transition.session.id)
        let lease = now.adding(seconds: self.settings.rules.times.leaseSeconds)
        var set = [Deadline(name: Deadline.Name(topic: root), at: transition.session.nextDue)]
        var gone: [Deadline.Name] = []
        for event in transition.events {
            switch event {
            case .peerJoined(let peer):
                set.append(Deadline(name: Deadline.Name(topic: root, peer: peer.id.text), at: lease))
            case .peerReturned(let peer):
                set.append(Deadline(name: Deadline.Name(topic: root, peer: peer.text), at: lease))
            case .peerLeft(let peer, _), .peerAway(let peer):
                gone.append(Deadline.Name(topic: root, peer: peer.text))
            default: break
            }
        }
        if !gone.isEmpty { try? await self.deadlines.removeDeadlines(gone) }
        try? await self.deadlines.setDeadlines(set)
    }
}

extension Session {
    /// As whom `principal` changes the session.
    func actor(_ principal: Principal) throws(SessionRefusal) -> SessionActor {
        switch self.viewer(principal) {
        case .relay, .administrator: return .relay
        case .peer(let peer): return .peer(peer.id)
        case .member:
            guard let account = AccountID(principal.id.rawValue) else { throw .notMember }
            return .account(account)
        case .former:
            if case .expired = self.state { throw .sessionExpired }
            throw .sessionClosed
        case .stranger: throw .notMember
        }
    }
}

extension SessionActor {
    /// For what only peers have.
    var asPeer: PeerID {
        get throws(SessionRefusal) {
            guard case .peer(let peer) = self else { throw .notMember }
            return peer
        }
    }
}

extension SessionTransition {
    /// Both as one.
    func followed(by next: SessionTransition) -> SessionTransition {
        SessionTransition(session: next.session, events: self.events + next.events)
    }
}
