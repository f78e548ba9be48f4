import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// A peer on its signaling socket: what it hears of its session's topics, and what it says there.
///
/// Each message is one of the session's topics: published as any other, and delivered by readers that follow them. The member only
/// translates, and keeps no messages: what the socket does not take stays in the stream. Lives on its connection's loop.
final class SignalingMember {
    let services: SignalingServices
    let loop: DeliveryLoop
    /// Nil once it closes or is gone. What was under way then may still come back to this object.
    private(set) var connection: WebSocketConnection?
    /// Of the peer's own ticket, which is renewed from time to time.
    var session: RelayAccess.Session
    let id: SessionID
    let peer: PeerID
    /// Names the socket to the session.
    let connectionID: ConnectionID
    var subscriptions = Subscriptions()
    /// Its tunnels.
    let proxy: ProxyEnd
    /// As its `join` was written.
    let dialect: SignalDialect

    // What the socket remembers of what was said.

    /// How the client has spelled its last peer-connection message.
    var spelling = ConnectionSpelling.documented
    /// Counts what was delivered.
    var seq: UInt64 = 0
    /// The session's revision that the client was told when it joined: what the topic says of this one or of those before is no news. 0
    /// for a client that hears what was said before.
    var revision: UInt64 = 0
    /// Who asked last for what only the host can give, by the type of the request.
    var requesters: [String: String] = [:]
    /// Whether the session knows already that the socket is gone.
    var isDeparted = false
    /// Whether the peer is none any more, or its session has ended.
    var isOut = false
    /// Gives the peer a ticket with more time.
    let renewal: TicketRenewal

    init(
        _ joined: JoinedPeer,
        _ session: RelayAccess.Session,
        speaking dialect: SignalDialect,
        services: SignalingServices,
        _ connection: WebSocketConnection,
        on loop: DeliveryLoop
    ) {
        self.services = services
        self.loop = loop
        self.connection = connection
        self.session = session
        self.id = joined.session.id
        self.peer = joined.peer.id
        self.connectionID = joined.peer.connection
        self.dialect = dialect
        self.renewal = TicketRenewal(
            of: joined.session.id,
            services.sessions,
            services.access,
            services.sockets.lane,
            on: loop
        )
        self.proxy = ProxyEnd(
            session: joined.session.id,
            peer: joined.peer.id,
            hub: services.proxies,
            connection,
            on: loop
        )
    }

    /// Whether the socket is not read on for now, besides what its client has spent. ``WebSocketConnection/hearOn()`` ends that.
    var holdsBack: Bool { self.proxy.holdsBack }

    /// The session as this relay knows it now; nil where its topic is gone.
    var current: RelaySessions.Session? {
        self.reader(of: .session)?.topic.access.state as? RelaySessions.Session
    }

    func reader(of topic: SignalTopic) -> Reader? {
        self.subscriptions.readers.first { SignalTopic.followed[$0.tag] == topic }
    }

    // MARK: Life

    /// The readers have joined: tells the client who is there, and lets them begin.
    func start(_ joinedReaders: consuming JoinedReaders, _ joined: JoinedPeer, _ entrance: SignalingEntrance) {
        guard let current = self.loop.current, self.connection != nil else { return }
        let readers = joinedReaders.readers
        self.subscriptions.add(joinedReaders)
        current.connections.add(self)
        // What was said between its coming in and the readers' joining they don't hear.
        if let end = self.missedEnd { return self.end(end) }
        self.answer(joined, entrance, current.readers)
        for reader in readers { current.readers.start(reader) }
        self.renewInTime()
        for candidate in entrance.join.candidates { self.publish(candidate: candidate) }
        self.proxy.opened(joined.session.proxies)
    }

    /// Why the session is over for this socket already; nil where it is not.
    private var missedEnd: End? {
        guard let session = self.current else { return nil }
        if session.state.isEnded { return .sessionOver(state: session.state.name) }
        guard let peer = session.peer(self.peer) else { return .lost }
        return peer.connection == self.connectionID ? nil : .replaced
    }

    /// The roster is that of a moment at which the readers had joined. So nobody who comes or goes is missed.
    private func answer(_ joined: JoinedPeer, _ entrance: SignalingEntrance, _ readers: LoopReaders) {
        let session = self.current ?? joined.session
        if !entrance.replays(.session, joined) { self.revision = session.revision }
        var cursors: [SignalTopic: MessageID] = [:]
        var epochs: [SignalTopic: String] = [:]
        for reader in self.subscriptions.readers {
            let topic = SignalTopic.followed[reader.tag]
            cursors[topic] = readers.cursor(of: reader)
            epochs[topic] = reader.toldEpoch.flatMap(StreamEpoch.told)
        }
        self.send(
            .joined(
                SignalNotice.Joined(
                    dialect: self.dialect,
                    session: self.id.text,
                    you: self.peer.text,
                    roster: session.roster.map(SignalNotice.Peer.init),
                    host: session.host?.text,
                    token: joined.ticket.text,
                    resume: joined.resume,
                    serverTimeMilliseconds: self.services.clock.now().milliseconds,
                    cursors: cursors,
                    epochs: epochs,
                    requestID: entrance.requestID
                )
            )
        )
    }

    func goingAway() {
        // The peer comes back over another relay: its lease lasts until then.
        self.isDeparted = true
    }

    func closed() {
        self.connection = nil
        self.proxy.closed(forGood: self.isOut)
        self.renewal.stop()
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
        self.tellLoss()
    }

    // MARK: Sending

    func send(_ notice: SignalNotice) {
        if case .error(let failure) = notice { self.services.metrics.failed(.webSocket, code: failure.code) }
        self.connection?.send(notice.framed)
    }

    func fail(_ code: String, _ text: String, _ requestID: ByteBuffer?) {
        self.send(.error(SignalNotice.Failure(code: code, message: text, requestID: requestID)))
    }

    func close(_ code: WebSocketErrorCode, _ reason: String) {
        self.connection?.close(code, reason)
    }
}

extension SignalNotice.Peer {
    fileprivate init(_ peer: SessionPeer) {
        self.init(
            id: peer.id.text,
            role: peer.role.name,
            key: peer.key?.text,
            profile: peer.profile.isEmpty ? nil : ByteBuffer(bytes: peer.profile)
        )
    }
}

extension SignalingMember: Suspending {
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.connection?.suspend(work, then: body)
    }
}
