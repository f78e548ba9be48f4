import NIOCore
import RelayWire

/// The sockets of the port for STUN together: an answer may leave by another socket than its question came in.
///
/// Lives on the loop of the sockets.
final class DatagramPort {
    private var responder: DatagramResponder
    private let observe: @Sendable (DatagramOutcome) -> Void
    private var sockets: [DatagramSocket] = []

    /// - Parameter observe: told, on the loop, what became of each datagram.
    init(responder: DatagramResponder, observe: @escaping @Sendable (DatagramOutcome) -> Void) {
        self.responder = responder
        self.observe = observe
    }

    func opened(_ socket: DatagramSocket) { self.sockets.append(socket) }

    func closed(_ channel: any Channel) { self.sockets.removeAll { $0.channel === channel } }

    /// - Parameter peer: where the datagram came from, with the zone that an IPv6 address may have.
    func received(_ arrival: DatagramArrival, from peer: SocketAddress, at now: NIODeadline) {
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
    /// - Returns: what to answer on it, if anything.
    func answer(_ arrival: DatagramArrival, at now: NIODeadline) -> ByteBuffer? {
        switch self.responder.decide(arrival, at: now) {
        case .answer(let bytes, _, _):
            self.observe(.answered)
            return bytes
        case .ignore(let reason):
            self.observe(.ignored(reason))
            return nil
        }
    }

    /// A stream brought what is no message, and ends.
    func refusedStream() { self.observe(.ignored(.malformed)) }

    /// The socket that is bound there, or to every address.
    private func socket(at origin: TransportAddress) -> DatagramSocket? {
        let ofPort = self.sockets.filter { $0.bound.port == origin.port }
        return ofPort.first { $0.bound.address == origin.address } ?? ofPort.first
    }
}
