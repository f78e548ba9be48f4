import NIOCore
import NIOWebSocket
import RelayCore
import RelaySessions
import RelayTunnels
import RelayWire

/// A tunnel whose peers have come to two relays: at each of the two, the end of the WebSocket between them, which stands for the other peer.
///
/// The opener's relay has made it, and is its client. It carries the tunnel's streams side by side, each within the credit of its sender's client.
/// So what waits for a client that does not read is no more than at one relay, and holds up no other stream: the WebSocket is always read.
///
/// Lives on the WebSocket's loop. The connection of the peer that is here and its streams tell it what happens, and it tells them.
final class TunnelLink: WebSocketDialect {
    /// What the other relay says to whoever has asked it for a tunnel.
    enum Answer: Sendable {
        case bound
        /// As the code of an `error`.
        case refused(String)
        /// It is gone.
        case lost
    }

    enum Phase {
        /// Nothing is bound to it yet.
        case open
        /// The other relay is asked.
        case asking(RelayedTunnel, number: UInt64, (Answer) -> Void)
        /// The tunnel has this number at the peer that is here.
        case bound(RelayedTunnel, number: UInt64)
        case over
    }

    /// Of a message.
    static let maxMessageBytes = 128 << 10
    /// Of a stream's bytes in one message.
    private static let pieceBytes = 64 << 10

    let side: RelayedTunnel.Side
    let near: LoopReference<QUICAllocation>
    let services: QUICRelayServices
    private let eventLoop: any EventLoop
    /// Of the session, where it is counted here: at the opener's relay, for both.
    let bandwidth: SharedBandwidth?
    /// What else the other relay may say first, at the target's relay.
    let hears: ((TunnelLinkMessage, TunnelLink) -> Void)?
    private var connection: WebSocketConnection?
    private(set) var phase = Phase.open
    var streams: LinkStreams<LoopReference<SplicedStream>>
    /// Whether what was said goes out at the end of this turn of the loop.
    private var isToBeFlushed = false
    /// Whether what has been taken is told then.
    private var isToTell = false
    /// Ends the wait for bandwidth.
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - side: of the peer that is here.
    ///   - near: its connection.
    ///   - bandwidth: of the session; nil at the target's relay, and for no limit.
    ///   - hears: handles what comes before a tunnel is bound.
    init(
        _ side: RelayedTunnel.Side,
        of near: LoopReference<QUICAllocation>,
        _ services: QUICRelayServices,
        on eventLoop: any EventLoop,
        bandwidth: SharedBandwidth? = nil,
        hears: ((TunnelLinkMessage, TunnelLink) -> Void)? = nil
    ) {
        self.side = side
        self.near = near
        self.services = services
        self.eventLoop = eventLoop
        self.bandwidth = bandwidth
        self.hears = hears
        self.streams = LinkStreams(isOpeners: side == .opener, most: 2 * services.limits.allocation.streams)
    }

    var reference: LoopReference<TunnelLink> { LoopReference(self, on: self.eventLoop) }

    let idleReason: String? = nil

    var facts: ConnectionFacts? { ConnectionFacts(.node) }

    /// Credit bounds what comes, and what it leads to.
    let isHeardWhileFull = true

    /// The peers' connections may finish what they do.
    var isEndedByOthers: Bool { if case .bound = self.phase { true } else { false } }

    // MARK: Meeting

    /// Asks the other relay to bind the tunnel to its peer.
    ///
    /// - Parameter answered: called once, on the loop.
    func bind(_ tunnel: RelayedTunnel, _ number: UInt64, answered: @escaping (Answer) -> Void) {
        guard case .open = self.phase, self.connection != nil else { return answered(.lost) }
        self.phase = .asking(tunnel, number: number, answered)
        self.say(.bind(tunnel: tunnel.id.text, number: number, kind: tunnel.kind))
    }

    /// The peer that is here has it, by this number.
    ///
    /// - Returns: false where the other relay is gone.
    func accept(_ tunnel: RelayedTunnel, _ number: UInt64) -> Bool {
        guard case .open = self.phase, self.connection != nil else { return false }
        self.phase = .bound(tunnel, number: number)
        self.say(.bound)
        return true
    }

    func refuse(_ code: String) {
        self.say(.refused(code))
        self.close()
    }

    func answered(_ answer: Answer) {
        guard case .asking(let tunnel, let number, let body) = self.phase else { return }
        if case .bound = answer { self.phase = .bound(tunnel, number: number) } else { self.close() }
        body(answer)
    }

    /// Works on what the other relay has said, while what it says next waits.
    func suspend<Value: Sendable>(_ work: @escaping @Sendable () async -> Value, then body: @escaping (Value) -> Void) {
        self.connection?.suspend(work, then: body)
    }

    // MARK: Life

    func opened(_ connection: WebSocketConnection) { self.connection = connection }

    func closed() {
        self.flush()
        self.connection = nil
        self.timer?.cancel()
        self.timer = nil
        switch self.phase {
        case .asking: self.answered(.lost)
        case .bound(let tunnel, let number):
            self.phase = .over
            _ = self.streams.endAll()
            self.near.tell { $0.lost(number, tunnel) }
        case .open, .over: self.phase = .over
        }
    }

    /// The tunnel is no more: as the connection that is here says, or this relay.
    func unbind(because reason: QUICAllocation.Unbinding) {
        guard case .bound = self.phase else { return }
        self.say(.unbound(reason.rawValue))
        self.close()
    }

    /// Nothing more is said. What was goes out.
    func close() {
        self.phase = .over
        _ = self.streams.endAll()
        self.flush()
        self.connection?.close(.normalClosure, "")
    }

    /// The other relay says what it should not. The tunnel is lost.
    func breakOff(_ code: WebSocketErrorCode, _ text: String) { self.connection?.close(code, text) }

    // MARK: To the other relay

    func say(_ message: TunnelLinkMessage) {
        guard let connection = self.connection else { return }
        for frame in message.frames(by: self.side == .opener ? .client : .server) { connection.deliver(frame) }
        self.flushSoon()
    }

    private func flushSoon() {
        guard !self.isToBeFlushed else { return }
        self.isToBeFlushed = true
        self.eventLoop.assumeIsolated().execute { self.flush() }
    }

    private func flush() {
        self.isToBeFlushed = false
        self.connection?.flush()
    }

    func open(_ stream: LoopReference<SplicedStream>) {
        guard case .bound = self.phase else { return stream.tell { $0.end(.unbound) } }
        guard !self.streams.isFull else { return stream.tell { $0.end(.tooMany) } }
        self.say(.open(self.streams.open(stream)))
    }

    /// The counterpart of a stream of the other client's is open here.
    func join(_ number: UInt64, _ stream: LoopReference<SplicedStream>) {
        guard self.streams.join(number, stream) else { return stream.tell { $0.end(.unbound) } }
        self.say(.opened(number))
    }

    /// - Parameter bytes: are charged until here. What the WebSocket has not sent yet is charged as what it holds.
    func deliver(_ bytes: ByteBuffer, isLast: Bool, of number: UInt64) {
        self.services.memory.release(bytes.readableBytes, from: .answers)
        guard self.streams[number] != nil else { return }
        var rest = bytes
        while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)), piece.readableBytes > 0 {
            self.say(.data(number, piece))
        }
        if isLast { self.say(.finished(number)) }
    }

    /// The client here wants no more.
    func stop(_ number: UInt64, code: UInt64) {
        self.streams.stopped(number, code: code)
        self.tellCredit()
    }

    /// Both directions are done at the client here.
    func streamClosed(_ number: UInt64) {
        self.streams.closedHere(number)
        self.tellCredit()
    }

    func end(_ number: UInt64, _ failure: QUICRelayFailure) {
        guard self.streams.knows(number) else { return }
        _ = self.streams.end(number)
        self.say(.end(number, code: failure.rawValue))
    }

    /// A datagram has no credit. So it goes only while the WebSocket takes what it gets, and is never kept.
    func send(_ datagram: ByteBuffer) {
        guard case .bound(let tunnel, _) = self.phase else { return }
        guard self.connection?.isWritable == true else { return self.drop(tunnel) }
        self.say(.datagram(datagram))
    }

    func drop(_ tunnel: RelayedTunnel) {
        tunnel.droppedDatagram()
        self.services.metrics.droppedDatagram()
    }

    // MARK: Credit

    /// The client that is here has taken bytes. Clients acknowledge packet by packet: the other relay is told at the end of the turn.
    func taken(_ count: Int, of number: UInt64) {
        self.streams.taken(count, of: number)
        guard self.timer == nil, !self.isToTell else { return }
        self.isToTell = true
        self.eventLoop.assumeIsolated().execute {
            self.isToTell = false
            self.tellCredit()
        }
    }

    private func tellCredit() {
        let news = self.streams.takeCredit(at: .now())
        for (number, bytes) in news.credit { self.say(.taken(number, bytes)) }
        for (number, code) in news.stopped { self.say(.stop(number, code: code)) }
        for number in news.closed { self.say(.closed(number)) }
        guard let later = news.later, self.timer == nil else { return }
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: later) { [weak self] in
            self?.timer = nil
            self?.tellCredit()
        }
    }
}
