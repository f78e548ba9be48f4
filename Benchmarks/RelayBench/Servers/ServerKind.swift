/// The programs that are measured.
enum ServerKind: String, CaseIterable, Sendable {
    case relay
    /// A SwiftNIO program that does the same work with nothing around it: see `Benchmarks/BareNIO`.
    case bare
    /// nginx with its nchan module.
    case nchan
    /// Valkey or Redis, on which relays keep messages.
    case valkey
    /// coturn's turnserver: STUN and TURN.
    case coturn
    /// The example server of ngtcp2 with GnuTLS: HTTP/3.
    case gtlsserver
    /// Debian's y-websocket server, which keeps documents in memory.
    case yWebsocket = "y-websocket"
    /// Yrs, the library, by way of Python's pycrdt.
    case yrs = "Yrs"
}
