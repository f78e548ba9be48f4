import NIOCore
import RelayCore
import RelayQUIC
import RelaySessions
import RelayTunnels
import RelayWire

/// A stream of a tunnel, at one of its two peers: what its client sends goes to the counterpart, on the other peer's connection, and the other
/// way round. That connection may be at another relay.
///
/// Its client has credit for a window. It gets more only as the counterpart's client has taken what was sent. So a client that does not read
/// stops the one that writes, through the relay, and holds up no other stream. Both directions end for themselves. Lives on its connection's loop.
final class SplicedStream: QUICStreamHandler {
    private enum Phase {
        /// The number of its tunnel has not come yet, or not all of it.
        case begins
        /// The other peer's stream is being opened.
        case waits(TunnelPlace)
        case connected(TunnelPlace, Counterpart)
        /// It carries nothing any more.
        case over
    }

    /// Nil only while it is being opened.
    private var stream: QUICStream?
    /// Nil once its connection is over.
    private weak var allocation: QUICAllocation?
    private let services: QUICRelayServices
    private let eventLoop: any EventLoop
    private var phase: Phase
    private var flow = CreditFlow()
    /// What came before the counterpart was there, or before the whole number of the tunnel was.
    private var gathered = ByteBuffer()
    /// Of ``gathered``, bytes. What is handed on is charged on its way, and by whoever has it then: the transport, or a socket to another relay.
    private var charged = 0
    /// Of what was written, bytes that are the relay's own: the number of the tunnel.
    private var head = 0
    /// Whether the client sends no more.
    private var hasEnded = false
    /// Whether it has given up what it sent, and by which code; and whether it wants nothing of the other. Both before the counterpart was there.
    private var resetCode: UInt64?
    private var stopCode: UInt64?
    private var isClosed = false
    private var isCounterpartClosed = false
    /// Ends the wait for bandwidth.
    private var timer: Scheduled<Void>?

    /// A stream that the client has opened.
    init(_ stream: QUICStream, of allocation: QUICAllocation) {
        self.stream = stream
        self.allocation = allocation
        self.services = allocation.services
        self.eventLoop = allocation.loop.eventLoop
        self.phase = .begins
        stream.handler = self
    }

    /// Opens a stream to the client, as the counterpart of one of the other peer's.
    ///
    /// - Parameter number: of the tunnel, as the client knows it.
    /// - Throws: where the client takes no more streams.
    init(
        openedOn connection: QUICConnection,
        of allocation: QUICAllocation,
        _ place: TunnelPlace,
        _ number: UInt64,
        for other: Counterpart
    ) throws(QUICProblem) {
        self.allocation = allocation
        self.services = allocation.services
        self.eventLoop = allocation.loop.eventLoop
        self.phase = .connected(place, other)
        let stream = try connection.openStream(self)
        self.stream = stream
        var bytes = ByteBuffer()
        bytes.writeQUICVarint(number)
        self.head = bytes.readableBytes
        stream.write(bytes)
    }

    /// Of the stream in its connection.
    var id: UInt64 { self.stream?.id ?? .max }

    var reference: LoopReference<SplicedStream> { LoopReference(self, on: self.eventLoop) }

    // MARK: From the client

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        if isLast { self.hasEnded = true }
        switch self.phase {
        case .begins, .waits: self.gather(bytes)
        case .connected(let place, let other): self.chargeAndHandOn(bytes, place, other)
        case .over: stream.grant(bytes.readableBytes)
        }
    }

    private func charge(_ count: Int) -> Bool {
        let isCharged = self.services.memory.charge(count, to: .answers)
        if !isCharged { self.endBoth(.overloaded) }
        return isCharged
    }

    private func release(_ count: Int) {
        self.services.memory.release(count, from: .answers)
        self.charged -= count
    }

    private func gather(_ bytes: ByteBuffer) {
        guard self.charge(bytes.readableBytes) else { return }
        self.charged += bytes.readableBytes
        self.gathered.writeImmutableBuffer(bytes)
        if case .begins = self.phase { self.begin() }
    }

    /// Looks for the number that the stream begins with.
    private func begin() {
        let before = self.gathered.readableBytes
        guard let number = self.gathered.readQUICVarint() else {
            if self.hasEnded { self.refuse(.tunnelUnknown) }
            return
        }
        let size = before - self.gathered.readableBytes
        self.release(size)
        self.stream?.grant(size)
        guard let allocation = self.allocation else { return }
        do throws(AllocationRefusal) {
            let place = try allocation.begin(self, with: number)
            self.phase = .waits(place)
            place.other.open(self.reference, of: place.tunnel)
        } catch {
            self.refuse(QUICRelayFailure(error))
        }
    }

    private func refuse(_ failure: QUICRelayFailure) {
        self.end(failure)
        self.allocation?.cameToNothing()
    }

    /// The counterpart is there.
    func connect(to other: Counterpart) {
        guard case .waits(let place) = self.phase else { return other.end(.unbound) }
        self.phase = .connected(place, other)
        if let code = self.stopCode { other.stop(code) }
        let bytes = self.gathered
        self.gathered = ByteBuffer()
        guard let code = self.resetCode else {
            self.charged = 0
            return self.handOn(bytes, place, other)
        }
        self.release(bytes.readableBytes)
        self.stream?.grant(bytes.readableBytes)
        other.reset(code)
    }

    private func chargeAndHandOn(_ bytes: ByteBuffer, _ place: TunnelPlace, _ other: Counterpart) {
        if self.charge(bytes.readableBytes) { self.handOn(bytes, place, other) }
    }

    /// - Parameter bytes: are charged. The charge goes with them.
    private func handOn(_ bytes: ByteBuffer, _ place: TunnelPlace, _ other: Counterpart) {
        let (count, isLast) = (bytes.readableBytes, self.hasEnded)
        if count > 0 {
            self.flow.handed(count)
            self.services.carried.received(count, over: .quicRelay)
            place.use?.carried(count)
            place.tunnel.carried(count, from: place.side)
            self.spend(count, of: place.bandwidth)
        }
        guard count > 0 || isLast else { return }
        other.deliver(bytes, isLast: isLast)
    }

    private func spend(_ count: Int, of bandwidth: SharedBandwidth?) {
        let now = NIODeadline.now()
        guard let moment = bandwidth?.spend(count, at: now), moment > now else { return }
        self.flow.pause(until: moment)
        // The pause that is waited for may be longer by then, and is looked at anew.
        if self.timer == nil { self.wait(until: moment) }
    }

    private func wait(until moment: NIODeadline) {
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
            guard let self else { return }
            self.timer = nil
            let (credit, later) = self.flow.resume(at: .now())
            self.grant(credit)
            if let later { self.wait(until: later) }
        }
    }

    /// Nothing more is read of the client. What it has sent is the connection's credit, and no sooner than the stream would have had it: streams that
    /// are short, or stopped, have no more bandwidth than others.
    private func grantRest() {
        if let stream { self.allocation?.grant(stream.takeOwed(), from: self.flow.pausedUntil) }
    }

    private func grant(_ credit: Int) { if credit > 0 { self.stream?.grant(credit) } }

    /// The counterpart's client has taken bytes, or they are given up.
    func taken(_ count: Int) {
        // Else all of them were given up when this one ended.
        guard case .connected = self.phase else { return }
        // Another relay says what it likes.
        self.grant(self.flow.taken(min(count, self.flow.inFlight)))
    }

    // MARK: To the client

    /// - Parameter bytes: are charged until here. Then the transport charges them.
    func deliver(_ bytes: ByteBuffer, isLast: Bool) {
        let count = bytes.readableBytes
        self.services.memory.release(count, from: .answers)
        guard case .connected(_, let other) = self.phase, let stream = self.stream else { return }
        // Nobody gets it.
        guard stream.isWritable else { return other.taken(count) }
        self.services.carried.sent(count, over: .quicRelay)
        stream.write(bytes, isLast: isLast)
    }

    func stream(_ stream: QUICStream, released count: Int) {
        let own = min(self.head, count)
        self.head -= own
        guard count > own, case .connected(_, let other) = self.phase else { return }
        other.taken(count - own)
    }

    // MARK: Ends

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {
        let isEarly = !self.hasEnded
        self.hasEnded = true
        switch self.phase {
        case .connected(_, let other): other.reset(code)
        case .begins: self.end(.tunnelUnknown)
        case .waits: self.resetCode = code
        case .over: break
        }
        if isEarly, !stream.isOwn { self.allocation?.cameToNothing() }
    }

    func streamWasStopped(_ stream: QUICStream) {
        let code = stream.errorCode ?? QUICRelayFailure.stopped.rawValue
        switch self.phase {
        case .connected(_, let other): other.stop(code)
        case .begins: self.refuse(.stopped)
        case .waits: self.stopCode = code
        case .over: break
        }
    }

    func streamClosed(_ stream: QUICStream) {
        self.isClosed = true
        self.allocation?.ended(self)
        switch self.phase {
        case .connected(_, let other):
            other.closed()
            self.forgetIfClosed()
        // Nobody comes any more to whom it could be connected.
        case .begins, .waits, .over:
            self.forget()
            stream.grant(stream.owed)
        }
    }

    /// The counterpart's client has given up what it sends.
    func reset(_ code: UInt64) { self.stream?.reset(code: code) }

    /// It wants no more.
    func stop(_ code: UInt64) {
        self.grantRest()
        self.stream?.stop(code: code)
    }

    func counterpartClosed() {
        self.isCounterpartClosed = true
        // What it did not end in its own way ends here.
        if !self.isClosed {
            self.stop(QUICRelayFailure.unbound.rawValue)
            if self.stream?.isWritable == true { self.stream?.reset(code: QUICRelayFailure.unbound.rawValue) }
        }
        self.forgetIfClosed()
    }

    /// All that was written is released by then, at both.
    private func forgetIfClosed() {
        if self.isClosed, self.isCounterpartClosed, self.forget() { self.grantRest() }
    }

    /// Ends both directions now, at this peer.
    func end(_ failure: QUICRelayFailure) {
        guard self.forget() else { return }
        self.grantRest()
        self.stream?.stop(code: failure.rawValue)
        self.stream?.reset(code: failure.rawValue)
        self.allocation?.ended(self)
    }

    /// And at the other.
    private func endBoth(_ failure: QUICRelayFailure) {
        if case .connected(_, let other) = self.phase { other.end(failure) }
        self.end(failure)
    }

    /// The connection is over: nothing reaches its client any more.
    func connectionEnded() {
        if case .connected(_, let other) = self.phase { other.end(.unbound) }
        self.forget()
    }

    /// - Returns: false where it was forgotten before.
    @discardableResult
    private func forget() -> Bool {
        if case .over = self.phase { return false }
        self.phase = .over
        self.timer?.cancel()
        self.timer = nil
        self.gathered = ByteBuffer()
        self.release(self.charged)
        return true
    }
}
