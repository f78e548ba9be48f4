import NIOCore
import RelayWire

/// The UDP sockets of the relay together: an answer may leave by another socket than its question came in.
///
/// Lives on the loop of the sockets.
final class DatagramPort {
    private var responder: DatagramResponder
    private let ignored: @Sendable (DatagramIgnored) -> Void
    private var sockets: [DatagramSocket] = []

    /// - Parameter ignored: told of each datagram that has no answer.
    init(responder: DatagramResponder, ignored: @escaping @Sendable (DatagramIgnored) -> Void) {
        self.responder = responder
        self.ignored = ignored
    }

    func opened(_ socket: DatagramSocket) { self.sockets.append(socket) }

    func closed(_ channel: any Channel) { self.sockets.removeAll { $0.channel === channel } }

    /// - Parameter peer: where the datagram came from, with the zone that an IPv6 address may have.
    func received(_ arrival: DatagramArrival, from peer: SocketAddress, at now: NIODeadline) {
        switch self.responder.decide(arrival, at: now) {
        case .answer(let bytes, let target, let origin):
            var peer = peer
            peer.port = Int(target.port)
            if self.socket(at: origin)?.send(bytes, to: peer) != true { self.ignored(.unsent) }
        case .ignore(let reason):
            self.ignored(reason)
        }
    }

    /// The socket that is bound there, or to every address.
    private func socket(at origin: TransportAddress) -> DatagramSocket? {
        let ofPort = self.sockets.filter { $0.bound.port == origin.port }
        return ofPort.first { $0.bound.address == origin.address } ?? ofPort.first
    }
}
