import NIOCore
import RelayWire

/// The sockets of the port for STUN together: an answer may leave by another socket than its question came in.
///
/// Lives on the loop of the sockets.
final class DatagramPort {
    private var responder: DatagramResponder
    /// Nil where TURN is not served.
    private let turn: TURNRelay?
    private let intake: DatagramIntake
    private let observe: @Sendable (DatagramOutcome) -> Void
    private var sockets: [DatagramSocket] = []
    private var links = 0

    /// - Parameters:
    ///   - intake: what the sockets are read with, relayed ports too.
    ///   - observe: told, on the loop, what became of each datagram. Not told of data that TURN relays.
    init(
        responder: DatagramResponder,
        intake: DatagramIntake = DatagramIntake(size: DatagramListener.maximumDatagram),
        turn: TURNRelay? = nil,
        observe: @escaping @Sendable (DatagramOutcome) -> Void
    ) {
        self.responder = responder
        self.intake = intake
        self.turn = turn
        self.observe = observe
    }

    // MARK: Sockets and connections

    func opened(_ socket: DatagramSocket) { self.sockets.append(socket) }

    func closed(_ channel: any Channel) { self.sockets.removeAll { $0.channel === channel } }

    /// The number of a new socket or connection.
    func newLink() -> Int {
        self.links += 1
        return self.links
    }

    func start() { self.turn?.start() }

    /// Ends all relayed ports.
    func stop() { self.turn?.stop() }

    /// A connection is gone.
    func left(_ client: TURNClient) { self.turn?.left(client) }

    func hasAllocation(_ client: TURNClient) -> Bool { self.turn?.hasAllocation(client) ?? false }

    // MARK: What comes

    /// - Parameter peer: where the datagram came from, with the zone that an IPv6 address may have. Most data go on without it.
    func received(
        _ arrival: DatagramArrival,
        from peer: @autoclosure () -> SocketAddress,
        by socket: DatagramSocket,
        at now: NIODeadline
    ) {
        if let turn, Self.isChannelData(arrival.bytes) {
            return turn.relay(channelData: arrival.bytes, of: arrival.client, at: now)
        }
        let peer = peer()
        if let outcome = self.serveTURN(arrival, by: .datagram(socket, peer), at: now) {
            return self.finish(outcome) { socket.send($0, to: peer) }
        }
        switch self.responder.decide(arrival, at: now) {
        case .answer(let bytes, let target, let origin):
            var peer = peer
            peer.port = Int(target.port)
            let isSent = self.socket(at: origin)?.send(bytes, to: peer) ?? false
            self.observe(isSent ? .answered : .ignored(.unsent))
        case .ignore(let reason):
            self.observe(.ignored(reason))
        }
    }

    /// A message that came on a stream.
    ///
    /// - Parameter write: takes what to answer on it.
    func received(_ arrival: DatagramArrival, on channel: any Channel, at now: NIODeadline, write: (ByteBuffer) -> Void)
    {
        if let turn, Self.isChannelData(arrival.bytes) {
            return turn.relay(channelData: arrival.bytes, of: arrival.client, at: now)
        }
        if let outcome = self.serveTURN(arrival, by: .stream(channel), at: now) {
            return self.finish(outcome) {
                write($0)
                return true
            }
        }
        switch self.responder.decide(arrival, at: now) {
        case .answer(let bytes, _, _):
            write(bytes)
            self.observe(.answered)
        case .ignore(let reason):
            self.observe(.ignored(reason))
        }
    }

    /// Hands over what has come to a socket behind the datagram that its channel took.
    func receiveRest(of socket: DatagramSocket, _ take: (ReceivedDatagram) -> Void) {
        self.intake.read(socket, take)
        self.finishedReading()
    }

    /// Nothing more comes in this turn.
    func finishedReading() { self.turn?.flush() }

    /// A stream brought what is no message, and ends.
    func refusedStream() { self.observe(.ignored(.malformed)) }

    private static func isChannelData(_ bytes: ByteBuffer) -> Bool {
        bytes.getInteger(at: bytes.readerIndex, as: UInt8.self).map { 0x40...0x7F ~= $0 } ?? false
    }

    // MARK: TURN

    /// - Returns: nil for what is not TURN's.
    private func serveTURN(_ arrival: DatagramArrival, by line: TURNLine, at now: NIODeadline) -> TURNOutcome? {
        guard let turn, arrival.source.port != 0, let header = try? STUNHeader(arrival.bytes), header.hasCookie else {
            return nil
        }
        let isSend = header.type == STUNMessageType(.send, .indication)
        guard isSend || TURNServer.isTURN(header.type.method) else { return nil }
        guard let message = try? STUNMessage(arrival.bytes) else { return .ignore(.malformed) }
        if isSend {
            return turn.relay(indication: message, of: arrival.client, at: now) ? .relayed : .ignore(.malformed)
        }
        return turn.answer(message, arrival, by: line, &self.responder.buckets, at: now)
    }

    private func finish(_ outcome: TURNOutcome, send: (ByteBuffer) -> Bool) {
        switch outcome {
        case .answer(let bytes): self.observe(send(bytes) ? .answered : .ignored(.unsent))
        case .later: self.observe(.answered)
        case .ignore(let reason): self.observe(.ignored(reason))
        case .relayed: break
        }
    }

    /// The socket that is bound there, or to every address.
    private func socket(at origin: TransportAddress) -> DatagramSocket? {
        let ofPort = self.sockets.filter { $0.bound.port == origin.port }
        return ofPort.first { $0.bound.address == origin.address } ?? ofPort.first
    }
}
