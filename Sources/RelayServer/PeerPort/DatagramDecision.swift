import NIOCore
import RelayWire

/// A datagram that came in, or a message of STUN on a stream.
struct DatagramArrival {
    /// Longer datagrams are cut, and so taken for none: nothing on this port has a reason to be longer than a frame. Who can't tell takes one of
    /// just this length for cut, too.
    static let maximumSize = 2_048

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
