import NIOCore
import RelayCore
import RelayQUIC
import RelaySessions
import RelayTunnels
import RelayWire

/// A stream of a tunnel, at one of its two peers: what its client sends goes to the counterpart, on the other peer's connection, and the other
/// way round.
///
/// Its client has credit for a window. It gets more only as the counterpart's client has taken what was sent. So a client that does not read
/// stops the one that writes, through the relay, and holds up no other stream. Both directions end for themselves. Lives on its connection's loop.
final class SplicedStream: QUICStreamHandler {
    private enum Phase {
        /// The number of its tunnel has not come yet, or not all of it.
        case begins
        /// The other peer's stream is being opened.
        case waits(TunnelPlace)
        case connected(TunnelPlace, LoopReference<SplicedStream>)
        /// It carries nothing any more.
        case over
    }

    /// Nil only while it is being opened.
    private var stream: QUICStream?
    /// Nil once its connection is over.
    private weak var allocation: QUICAllocation?
    private let services: QUICRelayServices
    private let eventLoop: any EventLoop
    private let bandwidth: SharedBandwidth?
    private var phase: Phase
    private var flow = CreditFlow()
    /// What came before the counterpart was there, or before the whole number of the tunnel was.
    private var gathered = ByteBuffer()
    /// The client's bytes that are charged: they have come, and the counterpart's client has not taken them.
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
        self.bandwidth = allocation.member?.bandwidth
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
        for other: LoopReference<SplicedStream>
    ) throws(QUICProblem) {
        self.allocation = allocation
        self.services = allocation.services
        self.eventLoop = allocation.loop.eventLoop
        self.bandwidth = allocation.member?.bandwidth
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
        case .connected(let place, let other):
            if self.charge(bytes.readableBytes) { self.handOn(bytes, place, other) }
        case .over: stream.grant(bytes.readableBytes)
        }
    }

    private func charge(_ count: Int) -> Bool {
        guard self.services.memory.charge(count, to: .answers) else {
            self.endBoth(.overloaded)
            return false
        }
        self.charged += count
        return true
    }

    private func release(_ count: Int) {
        self.services.memory.release(count, from: .answers)
        self.charged -= count
    }

    private func gather(_ bytes: ByteBuffer) {
        guard self.charge(bytes.readableBytes) else { return }
        self.gathered.writeImmutableBuffer(bytes)
        if case .begins = self.phase { self.begin() }
    }

    /// Looks for the number that the stream begins with.
    private func begin() {
        let before = self.gathered.readableBytes
        guard let number = self.gathered.readQUICVarint() else {
            if self.hasEnded { self.end(.tunnelUnknown) }
            return
        }
        let size = before - self.gathered.readableBytes
        self.release(size)
        self.stream?.grant(size)
        guard let allocation = self.allocation else { return }
        do throws(AllocationRefusal) {
            let place = try allocation.begin(self, with: number)
            self.phase = .waits(place)
            allocation.openCounterpart(of: self, at: place)
        } catch {
            self.end(QUICRelayFailure(error))
        }
    }

    /// The counterpart is there.
    func connect(to other: LoopReference<SplicedStream>) {
        guard case .waits(let place) = self.phase else { return other.tell { $0.end(.unbound) } }
        self.phase = .connected(place, other)
        if let code = self.stopCode { other.tell { $0.stream?.stop(code: code) } }
        let bytes = self.gathered
        self.gathered = ByteBuffer()
        guard let code = self.resetCode else { return self.handOn(bytes, place, other) }
        self.release(bytes.readableBytes)
        self.stream?.grant(bytes.readableBytes)
        other.tell { $0.stream?.reset(code: code) }
    }

    private func handOn(_ bytes: ByteBuffer, _ place: TunnelPlace, _ other: LoopReference<SplicedStream>) {
        let (count, isLast) = (bytes.readableBytes, self.hasEnded)
        if count > 0 {
            self.flow.handed(count)
            self.services.carried.received(count, over: .quicRelay)
            place.use?.carried(count)
            place.tunnel.carried(count, from: place.side)
            self.spend(count)
        }
        guard count > 0 || isLast else { return }
        other.tell { $0.deliver(bytes, isLast: isLast) }
    }

    private func spend(_ count: Int) {
        let now = NIODeadline.now()
        guard let moment = self.bandwidth?.spend(count, at: now), moment > now else { return }
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

    private func grant(_ credit: Int) { if credit > 0 { self.stream?.grant(credit) } }

    /// The counterpart's client has taken bytes, or they are given up.
    private func taken(_ count: Int) {
        // Else all of them were given up when this one ended.
        guard case .connected = self.phase else { return }
        self.release(count)
        self.grant(self.flow.taken(count))
    }

    // MARK: To the client

    private func deliver(_ bytes: ByteBuffer, isLast: Bool) {
        guard case .connected(_, let other) = self.phase, let stream = self.stream else { return }
        let count = bytes.readableBytes
        // Nobody gets it.
        guard stream.isWritable else { return other.tell { $0.taken(count) } }
        self.services.carried.sent(count, over: .quicRelay)
        stream.write(bytes, isLast: isLast)
    }

    func stream(_ stream: QUICStream, released count: Int) {
        let own = min(self.head, count)
        self.head -= own
        guard count > own, case .connected(_, let other) = self.phase else { return }
        let taken = count - own
        other.tell { $0.taken(taken) }
    }

    // MARK: Ends

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {
        self.hasEnded = true
        switch self.phase {
        case .connected(_, let other): other.tell { $0.stream?.reset(code: code) }
        case .begins: self.end(.tunnelUnknown)
        case .waits: self.resetCode = code
        case .over: break
        }
    }

    func streamWasStopped(_ stream: QUICStream) {
        let code = stream.errorCode ?? QUICRelayFailure.stopped.rawValue
        switch self.phase {
        case .connected(_, let other): other.tell { $0.stream?.stop(code: code) }
        case .begins: self.end(.stopped)
        case .waits: self.stopCode = code
        case .over: break
        }
    }

    func streamClosed(_ stream: QUICStream) {
        self.isClosed = true
        self.allocation?.ended(self)
        switch self.phase {
        case .connected(_, let other):
            other.tell { $0.counterpartClosed() }
            self.forgetIfClosed()
        // Nobody comes any more to whom it could be connected.
        case .begins, .waits, .over: self.forget()
        }
    }

    private func counterpartClosed() {
        self.isCounterpartClosed = true
        // What it did not end in its own way ends here.
        if !self.isClosed {
            self.stream?.stop(code: QUICRelayFailure.unbound.rawValue)
            if self.stream?.isWritable == true { self.stream?.reset(code: QUICRelayFailure.unbound.rawValue) }
        }
        self.forgetIfClosed()
    }

    /// All that was written is released by then, at both.
    private func forgetIfClosed() {
        if self.isClosed, self.isCounterpartClosed { self.forget() }
    }

    /// Ends both directions now, at this peer.
    func end(_ failure: QUICRelayFailure) {
        guard self.forget() else { return }
        self.stream?.stop(code: failure.rawValue)
        self.stream?.reset(code: failure.rawValue)
        self.allocation?.ended(self)
    }

    /// And at the other.
    private func endBoth(_ failure: QUICRelayFailure) {
        if case .connected(_, let other) = self.phase { other.tell { $0.end(failure) } }
        self.end(failure)
    }

    /// The connection is over: nothing reaches its client any more.
    func connectionEnded() {
        if case .connected(_, let other) = self.phase { other.tell { $0.end(.unbound) } }
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
