import NIOCore
import RelayWire

/// A datagram that came in, or a message of STUN on a stream.
struct DatagramArrival {
    var bytes: ByteBuffer
    var source: TransportAddress
    /// The endpoint where it came in, as clients see it.
    var local: TransportAddress
    /// Whether it came over TCP, where an answer can take no other way.
    var isStream = false
    /// The number of the socket or connection.
    var link = 0

    var client: TURNClient { TURNClient(address: self.source, link: self.link) }
}

/// What to do about a datagram.
enum DatagramDecision: Hashable {
    /// Send `bytes` from one of the relay's endpoints.
    case answer(ByteBuffer, to: TransportAddress, from: TransportAddress)
    case ignore(DatagramIgnored)
}
