/// Why a TLS handshake was not completed.
enum HandshakeFailure: String, CaseIterable, Sendable {
    /// The client or the relay did not take what the other offered, or the client left.
    case refused
    /// It took longer than a head may.
    case late
    /// There was no memory for another stranger.
    case noRoom = "no_room"
}
