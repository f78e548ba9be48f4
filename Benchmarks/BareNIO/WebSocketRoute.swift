import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The upgrades of `GET /ws` and `GET /document/NAME`.
enum WebSocketRoute {
    static func upgrader(audience: Audience) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let isKnown = head.uri == "/ws" || Self.isDocument(head)
                return channel.eventLoop.makeSucceededFuture(isKnown ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard let connections = audience.here(channel.eventLoop) else { return }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(FrameOutlet(audience: connections), position: .first)
                    if Self.isDocument(head) { try pipeline.addHandler(DocumentHandler(audience: audience)) }
                    try pipeline.addHandler(ControlFrameHandler())
                }
            }
        )
    }

    private static func isDocument(_ head: HTTPRequestHead) -> Bool { head.uri.hasPrefix("/document/") }
}
