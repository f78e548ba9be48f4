import NIOCore
import NIOWebSocket
import RelayCore
import RelaySessions
import RelayTunnels

/// One end of a tunnel: a WebSocket that carries nothing but a program's bytes, to and from the other end's.
///
/// What the client sends goes to the other end's socket as it comes. It is counted as in flight until that socket has taken it, and at the
/// window this one is not read on. So a client that does not read stops the one that writes, through the relay. A message without bytes says
/// that its client sends no more. Where messages begin and end means nothing else.
///
/// Lives on its connection's loop. The two ends tell each other what happens by ``TunnelEndReference/tell(_:)``.
final class TunnelEnd: WebSocketDialect {
    private enum Phase {
        case waiting
        case connected(TunnelEndReference)
        /// The other end is gone, or this one.
        case over
    }

    private let grant: TunnelGrant
    private let services: TunnelServices
    private let eventLoop: any EventLoop
    private let watch: PeerWatch?
    private var connection: WebSocketConnection?
    private var phase = Phase.waiting
    private var place: PipePairs<TunnelEndReference>.Place?
    /// Ends the wait for the other end, or for credit.
    private var timer: Scheduled<Void>?

    private var flow: PipeFlow
    private var gathered: TunnelFrame
    /// Bytes of ``gathered`` that are charged: they wait for the other end to come.
    private var charged = 0
    /// Of the client's current message.
    private var messageBytes = 0
    /// Whether there was no room in memory for what is in flight: then no more is read before it is gone.
    private var isShort = false
    /// The other end's bytes that this socket has not taken.
    private var owed = 0
    /// Whether the tunnel is closed, and this end with it.
    private var isDone = false
    private var hasEnded = false
    private var hasOtherEnded = false
    /// Whether the end waits for nothing but the client to take what is on its way.
    private var isEnding = false

    /// What a client may send before the other end comes, until its socket is not read on. Less is what a program says first, and its pings are
    /// answered meanwhile.
    static let earlyBytes = 16 << 10

    /// - Parameter watch: has joined the session's topic; nil for an end that nothing but itself ends.
    init(_ grant: TunnelGrant, services: TunnelServices, eventLoop: any EventLoop, watch: PeerWatch?) {
        self.grant = grant
        self.services = services
        self.eventLoop = eventLoop
        self.watch = watch
        self.flow = PipeFlow(window: services.window)
        self.gathered = TunnelFrame(by: grant.way.roleAtOtherEnd)
    }

    let takesPieces = true

    var facts: ConnectionFacts? { ConnectionFacts(self.watch == nil ? .node : .tunnel, user: self.watch?.userID) }

    /// An end whose other end has not come is used by waiting: ``TunnelServices/patience`` ends that.
    let idleReason: String? = nil

    var holdsBack: Bool {
        switch self.phase {
        case .waiting: self.gathered.count >= Self.earlyBytes
        case .connected: !self.flow.mayRead || self.isShort && self.flow.inFlight > 0
        case .over: false
        }
    }

    func received(text: ByteBuffer) {}

    func received(binary: ByteBuffer) {}

    // MARK: Meeting

    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.watch?.opened { [weak self] ending, reason in
            self?.isDone = ending == .done
            self?.connection?.close(ending.closeCode, reason)
        }
        // It may be closed by now.
        guard self.connection != nil else { return }
        let reference = TunnelEndReference(self, on: self.eventLoop)
        switch self.services.enter(self.grant, reference) {
        case .waits(let place):
            self.wait(place)
            // Its connection to the other relay was open before.
            if case .outward = self.grant.way { connection.close(.goingAway, TunnelEnding.lost.text) }
        case .replaces(let old, let place):
            old.tell { $0.giveWay() }
            self.wait(place)
        case .meets(let other, let place):
            self.place = place
            self.connect(to: other)
            other.tell { $0.connect(to: reference) }
        }
    }

    private func wait(_ place: PipePairs<TunnelEndReference>.Place) {
        self.place = place
        let patience = self.grant.way.patience ?? self.services.patience
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(in: patience) { [weak self] in
            self?.connection?.close(.unknown(1013), TunnelEnding(code: 1013).text)
        }
    }

    private func connect(to other: TunnelEndReference) {
        switch self.phase {
        case .waiting: break
        // It has left while the other came.
        case .over: return other.tell { $0.otherClosed(.lost) }
        case .connected: preconditionFailure("an end of a tunnel met two others")
        }
        self.phase = .connected(other)
        self.timer?.cancel()
        self.timer = nil
        if self.countsTunnel { self.services.metrics.connected() }
        if self.tellsPath { self.grant.path?.opened() }
        self.handOver()
        self.connection?.hearOn()
    }

    /// The same side has a newer connection.
    private func giveWay() { self.connection?.close(.unknown(4010), "Replaced by a newer connection") }

    // MARK: From the client

    func received(piece: WebSocketPiece, endsMessage: Bool) {
        // Nobody gets it. The socket is read on for its close frame alone.
        if case .over = self.phase { return }
        // Its end was told once, and is not told again.
        guard !self.hasEnded else {
            if piece.count > 0 { self.connection?.close(.unknown(4009), "Bytes after the end") }
            return
        }
        self.messageBytes += piece.count
        self.gathered.append(piece)
        guard endsMessage else { return }
        if self.messageBytes == 0 { self.hasEnded = true }
        self.messageBytes = 0
        if self.hasEnded { self.handOver() }
    }

    func readCompleted() {
        guard self.gathered.count > 0 else { return }
        if case .waiting = self.phase { self.chargeGathered() } else { self.handOver() }
    }

    /// The other end may be long in coming, or never come.
    private func chargeGathered() {
        let count = self.gathered.count - self.charged
        guard self.services.memory.charge(count, to: .answers) else {
            self.connection?.close(.unknown(1013), BrokerError.overloaded.clientText)
            return
        }
        self.charged += count
    }

    private func handOver() {
        guard case .connected(let other) = self.phase else { return }
        if let (frame, count) = self.gathered.take() {
            self.flow.handed(count)
            if self.grant.way.isPeers {
                self.services.metrics.received(count, over: .tunnel)
                self.grant.path?.carried(count)
            }
            let isCharged = self.services.memory.charge(count - self.charged, to: .answers)
            if !isCharged { self.services.memory.add(count - self.charged, to: .answers) }
            self.isShort = !isCharged
            self.charged = 0
            self.spend(count)
            other.tell { $0.deliver(frame, count) }
        }
        guard self.hasEnded else { return }
        other.tell { $0.otherEnded() }
        self.endIfDone()
    }

    private func spend(_ count: Int) {
        guard let bandwidth = self.grant.bandwidth else { return }
        let now = NIODeadline.now()
        let moment = bandwidth.spend(count, at: now)
        guard moment > now else { return }
        self.flow.pause(until: moment)
        self.resume(at: moment)
    }

    private func resume(at moment: NIODeadline) {
        self.timer?.cancel()
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
            guard let self else { return }
            if let later = self.flow.resume(at: .now()) { self.resume(at: later) } else { self.connection?.hearOn() }
        }
    }

    /// The other end's socket has taken bytes.
    private func taken(_ count: Int) {
        // Else all of them were given up when this end closed.
        guard case .connected = self.phase else { return }
        self.flow.taken(count)
        self.services.memory.release(count, from: .answers)
        if !self.holdsBack { self.connection?.hearOn() }
    }

    // MARK: To the client

    private func deliver(_ frame: ByteBuffer, _ count: Int) {
        guard case .connected = self.phase, let connection = self.connection else { return }
        // First: the socket may take all of it during the call.
        self.owed += count
        if self.grant.way.isPeers { self.services.metrics.sent(count, over: .tunnel) }
        connection.deliver(frame)
        connection.flush()
        self.giveBack()
    }

    func drained() { self.giveBack() }

    private func giveBack() {
        guard self.owed > 0, self.connection?.isWritable == true, case .connected(let other) = self.phase else {
            return
        }
        let count = self.owed
        self.owed = 0
        other.tell { $0.taken(count) }
    }

    /// The other client sends no more.
    private func otherEnded() {
        guard case .connected = self.phase, !self.hasOtherEnded else { return }
        self.hasOtherEnded = true
        self.connection?.send(TunnelFrame(by: self.grant.way.role).end())
        self.endIfDone()
    }

    // MARK: The end

    /// Whether the tunnel has done what it was for.
    private var isFinished: Bool { self.hasEnded && self.hasOtherEnded }

    /// Both clients send no more: this one gets all that is on its way, and then the end.
    private func endIfDone() {
        guard self.isFinished, !self.isEnding else { return }
        self.isEnding = true
        self.connection?.whenTaken { [weak self] in self?.connection?.close(.normalClosure, "") }
    }

    func closed() {
        self.handOver()
        self.timer?.cancel()
        self.timer = nil
        self.watch?.stop()
        if let place = self.place { self.services.leave(place) }
        let ending = self.ending
        self.connection = nil
        guard case .connected(let other) = self.phase else { return self.stopWaiting() }
        self.leave()
        other.tell { $0.otherClosed(ending) }
    }

    /// How this end closes, as the other is told.
    private var ending: TunnelEnding {
        if self.isFinished || self.isDone { return .clean }
        guard let connection = self.connection, connection.isClosedByClient else { return .lost }
        // A peer that says goodbye is done. A relay says why the peer's end was closed.
        return self.grant.way.isPeers ? .clean : connection.closeCode.map { TunnelEnding(code: $0) } ?? .lost
    }

    /// Nobody gets what the client has sent meanwhile.
    private func stopWaiting() {
        self.phase = .over
        _ = self.gathered.take()
        self.services.memory.release(self.charged, from: .answers)
        self.charged = 0
    }

    /// The other end is gone. What it has sent before that is sent on, if the client takes it in time.
    private func otherClosed(_ ending: TunnelEnding) {
        if case .connected = self.phase { self.leave() }
        let close: () -> Void = { [weak self] in
            self?.connection?.close(WebSocketErrorCode(codeNumber: Int(ending.code)), ending.text)
        }
        self.connection?.whenTaken(close)
        self.timer?.cancel()
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(in: self.services.patience) { close() }
        self.connection?.hearOn()
    }

    /// Bytes of the client's that are here, and not on their way to the other end.
    var held: Int { self.gathered.count }

    private func leave() {
        self.phase = .over
        _ = self.gathered.take()
        self.services.memory.release(self.flow.inFlight, from: .answers)
        if self.countsTunnel { self.services.metrics.disconnected() }
        if self.tellsPath { self.grant.path?.closed() }
    }

    /// One end of each tunnel counts it, at the relay where its ends meet.
    private var countsTunnel: Bool { self.grant.side == .opener && self.grant.way.isAtMeetingPlace }

    /// One end says that its peers have this way to each other, at the relay where its own is.
    private var tellsPath: Bool { self.grant.side == .opener && self.grant.way.isPeers }
}
