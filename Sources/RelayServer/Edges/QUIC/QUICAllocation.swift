import NIOCore
import RelayAccess
import RelayCore
import RelayQUIC
import RelaySessions
import RelayTunnels
import RelayWire

/// A connection to the QUIC relay: whose it is, its control stream, the tunnels that are bound to it, and their streams.
///
/// What it may have its ``Allocation`` decides. Lives on the connection's loop. Two connections that have a tunnel tell each other what happens
/// by ``LoopReference/tell(_:)``.
final class QUICAllocation {
    let services: QUICRelayServices
    let loop: DeliveryLoop
    /// By what failed tries to get in are counted.
    let address: String
    /// Names the allocation to its client. Never a metric's label, nor in a log.
    let id: String
    var machine: Allocation<TunnelPlace>
    /// Nil once it is over.
    private(set) var connection: QUICConnection?
    private(set) var control: QUICControl?
    /// Nil before the client has shown who it is.
    var member: QUICMember?
    var streams: [UInt64: SplicedStream] = [:]
    /// Streams that the client takes only as it allows more. They count among those that it may have.
    var awaited: [Awaited] = []
    /// Of its client's streams that come to nothing.
    private var resets = FrameBudget(.resets, at: .now())
    /// Of tunnels that it binds to peers at other relays. Each is a connection to one of these, with a pass, of which there may be so many a minute.
    var binds = FrameBudget(.resets, at: .now())
    /// What streams had not granted anew when they were closed or stopped.
    var lateCredit = LateCredit()
    /// Whether a message of the client's is worked on: the next waits.
    var isBusy = false
    var outstanding = Outstanding()
    /// Among those who have not said who they are.
    private var stranger: ConnectionQuota.Place?
    /// Ends the wait for the client to say who it is, or the time that is left where the relay stops.
    private var timer: Scheduled<Void>?

    /// For whoever accepts connections: on the connection's loop.
    ///
    /// - Returns: nil where the connection is not taken, and was told so.
    static func accept(_ connection: QUICConnection, _ services: QUICRelayServices) -> QUICAllocation? {
        let address = ClientAddress.key(connection.peer.ipAddress ?? "")
        guard let place = services.strangers.enter(address: address) else {
            services.metrics.failed(.tooMany)
            connection.close(code: QUICRelayFailure.tooMany.rawValue, reason: "Too many connections without a ticket")
            return nil
        }
        return QUICAllocation(connection, services, address: address, stranger: place)
    }

    private init(
        _ connection: QUICConnection,
        _ services: QUICRelayServices,
        address: String,
        stranger: consuming ConnectionQuota.Place
    ) {
        self.services = services
        self.loop = services.loops[connection.eventLoop]
        self.address = address
        var generator = SystemRandomNumberGenerator()
        self.id = String(hexadecimal: [generator.next(), generator.next()].flatMap(Self.bytes))
        self.machine = Allocation(limits: services.limits.allocation, at: .now())
        self.connection = connection
        self.stranger = consume stranger
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }

    var reference: LoopReference<QUICAllocation> { LoopReference(self, on: self.loop.eventLoop) }

    // MARK: Saying

    func send(_ content: QUICRelayAnswer.Content, re: UInt64? = nil) {
        self.control?.send(QUICRelayAnswer(content, re: re))
    }

    func fail(_ code: String, _ message: String, tunnel: UInt64? = nil, re: UInt64?) {
        self.send(.error(code: code, message: message, tunnel: tunnel), re: re)
    }

    func fail(_ refusal: AllocationRefusal, tunnel: UInt64? = nil, re: UInt64?) {
        self.fail(refusal.rawValue, refusal.text, tunnel: tunnel, re: re)
    }

    func fail(_ failure: SessionFailure, tunnel: UInt64? = nil, re: UInt64?) {
        self.fail(failure.code.rawValue, failure.text, tunnel: tunnel, re: re)
    }

    // MARK: Hearing

    func received(_ request: QUICRelayRequest) {
        switch request.content {
        case .auth(let auth): self.authenticate(auth, re: request.id)
        case .challenge(let session): self.challenge(session, re: request.id)
        case .bind(let peer, let tunnel, let kind): self.bind(to: peer, tunnel, kind: kind, re: request.id)
        case .unbind(let tunnel): self.unbind(tunnel, re: request.id)
        case .stats(let tunnel): self.tellStatistics(of: tunnel, re: request.id)
        case .echo(let data):
            guard self.member != nil else { return self.fail(AllocationRefusal.unauthenticated, re: request.id) }
            self.send(.echo(data), re: request.id)
        case .goAway: self.machine.goAway()
        case .error: break
        }
    }

    private func tellStatistics(of number: UInt64?, re: UInt64?) {
        guard self.member != nil else { return self.fail(AllocationRefusal.unauthenticated, tunnel: number, re: re) }
        let bound = self.machine.bound.filter { number == nil || $0.number == number }
        if let number, bound.isEmpty { return self.fail(.tunnelUnknown, tunnel: number, re: re) }
        let traffic = bound.map { number, place, streams in
            QUICRelayAnswer.Traffic(
                tunnel: number,
                peer: place.peer.text,
                sent: place.sent,
                received: place.received,
                streams: UInt64(streams),
                droppedDatagrams: place.tunnel.droppedDatagrams
            )
        }
        self.send(.stats(traffic), re: re)
    }

    // MARK: Life

    /// The client has shown who it is.
    func admitted(_ member: QUICMember) {
        self.member = member
        self.stranger = nil
        self.timer?.cancel()
        self.timer = nil
    }

    /// The control stream is at its end.
    ///
    /// - Parameter isBroken: by no end that a client chooses. Who has not said who it is can't any more, and its time runs out.
    func controlEnded(isBroken: Bool) {
        self.control = nil
        guard self.member != nil || !isBroken else { return }
        self.close(isBroken ? .badMessage : .done)
    }

    /// The connection ends. What its client has not got of other peers it doesn't get.
    func close(_ failure: QUICRelayFailure, _ reason: String? = nil) {
        guard let connection = self.connection else { return }
        self.leave()
        connection.close(code: failure.rawValue, reason: reason ?? failure.text)
    }

    /// Gives up all that it has. What it was told of meanwhile is of no use any more.
    private func leave() {
        guard self.connection != nil else { return }
        self.connection = nil
        self.control = nil
        self.stranger = nil
        self.timer?.cancel()
        self.timer = nil
        self.loop.current?.connections.remove(self as any LoopConnection)
        for stream in self.streams.values { stream.connectionEnded() }
        self.streams = [:]
        self.giveUpAwaited(of: nil)
        self.lateCredit.stop()
        self.leaveTunnels()
        guard let member = self.member.take() else { return }
        member.watch.stop()
        self.services.hub.leave(self.reference, as: member.peer, of: member.session)
        self.services.metrics.left()
    }
}

// MARK: - The connection

extension QUICAllocation: QUICConnectionHandler {
    func connectionOpened(_ connection: QUICConnection) {
        self.services.metrics.opened()
        self.loop.current?.connections.add(self as any LoopConnection)
        guard let end = self.machine.authenticationEnd, self.connection != nil else { return }
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(deadline: end) { [weak self] in
            guard let self, self.machine.isOverdue(at: .now()) else { return }
            self.services.metrics.failed(.authentication)
            self.close(.authenticationTimeout)
        }
    }

    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {
        guard self.connection != nil else { return }
        switch self.machine.opened(stream.id, isUnidirectional: !stream.isBidirectional) {
        case .control:
            let control = QUICControl(stream, of: self)
            stream.handler = control
            self.control = control
        case .data: self.add(SplicedStream(stream, of: self))
        case .refused(let refusal):
            self.services.metrics.failed(.stream)
            let failure = QUICRelayFailure(refusal)
            stream.stop(code: failure.rawValue)
            if stream.isBidirectional { stream.reset(code: failure.rawValue) }
            self.cameToNothing()
        }
    }

    /// A stream that the client has opened was refused, or given up by the client before its end. For the relay and the other peer that is work,
    /// which costs the client next to nothing.
    func cameToNothing() {
        guard !self.resets.spend(at: .now()), self.connection != nil else { return }
        self.services.metrics.failed(.stream)
        self.close(.tooMany, "Too many streams that come to nothing")
    }

    func connection(_ connection: QUICConnection, movedTo address: SocketAddress) { self.services.metrics.moved() }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        self.services.metrics.ended()
        self.leave()
    }
}

// MARK: - One of its loop's connections

extension QUICAllocation: LoopConnection {
    /// Its transport has timers of its own.
    func tick(_ now: NIODeadline) -> NIODeadline { .distantFuture }

    func shutDown() {
        guard self.member != nil else { return self.close(.goingAway) }
        let grace = self.services.grace(at: .now())
        self.machine.goAway()
        self.send(.goAway(deadlineMilliseconds: grace.nanoseconds / 1_000_000))
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(in: grace) { [weak self] in
            self?.close(.goingAway)
        }
    }

    func cutOff() { self.close(.goingAway) }

    /// Its socket is that of all connections: it can't be asked about this one.
    var channel: (any Channel)? { nil }

    var facts: ConnectionFacts? {
        ConnectionFacts(.quic, user: self.member?.watch.userID, address: self.connection?.peer.ipAddress)
    }

    var isEncrypted: Bool { true }

    func end(byAdministrator reason: String) { self.close(.accessLost, reason) }
}

// MARK: - What an event loop can't do

extension QUICAllocation: Suspending {
    /// The client's next message waits meanwhile.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.finish(work) { value in
            if self.connection != nil { body(value) }
        }
    }

    /// As ``suspend(_:then:)``, and goes on also where the client has left meanwhile.
    func finish<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.isBusy = true
        let isRunning = self.services.lane.run(work, on: self.loop.eventLoop) { (value: Value) in
            self.isBusy = false
            body(value)
            self.control?.goOn()
        }
        if !isRunning { self.close(.overloaded) }
    }
}
