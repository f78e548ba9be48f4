import NIOCore

/// Why a measurement could not be made; shown to whoever runs the benchmark.
enum LoadError: Error, CustomStringConvertible {
    case refused(status: Int, body: String)
    case frameRefused(String)
    case connectionClosed
    /// - Parameter words: of the server's close frame.
    case webSocketClosed(code: UInt16, words: String)
    /// The server hangs, or has more to do than it can; or this program has more to read than it can.
    case unanswered(after: TimeAmount)
    /// - Parameter end: what QUIC says of it.
    case connectionEnded(String)
    case handshakeRefused(status: Int)
    case subscriptionRefused(String)
    case deliveriesMissing(arrived: Int, expected: Int)
    case readersLost(Int)
    case documentIncomplete
    case unreadable(String)
    /// - Parameter output: of the client that counts them.
    case datagramsLost(String)

    var description: String {
        switch self {
        case .refused(let status, let body): "the server answered \(status): \(body)"
        case .frameRefused(let text): "a frame was refused: \(text)"
        case .connectionClosed: "the server closed the connection"
        case .webSocketClosed(let code, let words): "the server closed the WebSocket: \(code) \(words)"
        case .unanswered(let time): "no answer was read for \(time.nanoseconds / 1_000_000_000) s"
        case .connectionEnded(let end): "the connection has ended: \(end)"
        case .handshakeRefused(let status): "the WebSocket handshake was answered \(status)"
        case .subscriptionRefused(let text): "the subscription was refused: \(text)"
        case .deliveriesMissing(let arrived, let expected): "only \(arrived) of \(expected) deliveries arrived"
        case .readersLost(let count): "\(count) readers lost their connection"
        case .documentIncomplete: "the document has never had all that was written"
        case .datagramsLost(let output): "not all datagrams came back: \(output)"
        case .unreadable(let output): "the benchmark program printed: \(output)"
        }
    }
}
