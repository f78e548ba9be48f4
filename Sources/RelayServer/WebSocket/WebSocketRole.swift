/// Which side of a WebSocket (RFC 6455): a client's frames are masked, a server's are not.
enum WebSocketRole {
    case server
    case client

    var other: WebSocketRole { self == .server ? .client : .server }

    /// For the next frame of this side.
    var maskingKey: UInt32? { self == .server ? nil : .random(in: .min ... .max) }
}
