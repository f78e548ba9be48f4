/// What became of a datagram that came to the port for STUN, or of a message on a stream there.
enum DatagramOutcome: Hashable, Sendable {
    case answered
    case ignored(DatagramIgnored)
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
