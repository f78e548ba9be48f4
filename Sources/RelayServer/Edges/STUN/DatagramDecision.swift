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
}

/// What to do about a datagram.
enum DatagramDecision: Hashable {
    /// Send `bytes` from one of the relay's endpoints.
    case answer(ByteBuffer, to: TransportAddress, from: TransportAddress)
    case ignore(DatagramIgnored)
}

/// Why a datagram has no answer: the label of a metric.
enum DatagramIgnored: String, CaseIterable, Sendable {
    /// Nothing that the port knows, or cut short.
    case malformed
    /// Well-formed, and nothing that wants an answer from here: a response, an indication, a method or kind that is not served.
    case notServed = "not_served"
    /// The checksum is not the message's.
    case wrongFingerprint = "wrong_fingerprint"
    /// The token of a punch request does not verify.
    case wrongToken = "wrong_token"
    /// The source has had its answers for now.
    case tooMany = "rate_limited"
    /// The source is an endpoint of a relay: an answer could go back and forth for ever.
    case ownPort = "own_port"
    /// The system did not take the answer: the socket is full, or there is no way to the source.
    case unsent
}
