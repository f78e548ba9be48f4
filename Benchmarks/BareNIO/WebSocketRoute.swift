import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The upgrade of `GET /ws`.
enum WebSocketRoute {
    static func upgrader(audience: Audience) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(head.uri == "/ws" ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let connections = audience.here(channel.eventLoop) else { return }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(FrameOutlet(audience: connections), position: .first)
                    try pipeline.addHandler(ControlFrameHandler())
                }
            }
        )
    }
}
