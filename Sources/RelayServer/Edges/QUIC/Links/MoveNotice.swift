import NIOCore
import RelayWire

/// Tells another relay that a peer's connection is here now. Lives on its WebSocket's loop, until the other relay closes it.
final class MoveNotice: WebSocketDialect {
    let idleReason: String? = nil

    var facts: ConnectionFacts? { ConnectionFacts(.node) }

    func opened(_ connection: WebSocketConnection) {
        for frame in TunnelLinkMessage.moved.frames(by: .client) { connection.send(frame) }
    }

    func received(text: ByteBuffer) {}

    func received(binary: ByteBuffer) {}

    func drained() {}

    func closed() {}
}
