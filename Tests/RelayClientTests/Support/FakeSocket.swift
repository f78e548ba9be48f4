import NIOCore
import NIOWebSocket
import RelayClient

/// The relay's side of one WebSocket, for the one task that plays it.
final class FakeSocket {
    private var inbound: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    init(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// The next frame of any kind; nil once the client is gone.
    func receive() async throws -> WebSocketFrame? {
        try await self.inbound.next(isolation: #isolation)
    }

    func receiveJSON() async throws -> JSONDocument {
        while let frame = try await self.receive() {
            if frame.opcode == .text { return try JSONDocument(parsing: String(buffer: frame.unmaskedData)) }
        }
        throw ChannelError.eof
    }

    func send(_ json: JSONDocument) async throws {
        try await self.send(.text, json.text)
    }

    func send(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) async throws {
        try await self.outbound.write(WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(string: text)))
    }

    func sendSubscribed(_ cursors: [String: String] = [:]) async throws {
        try await self.send([
            "type": "subscribed", "topics": .array(cursors.keys.sorted().map(JSONDocument.string)),
            "session_id": "sess_0123456789ab", "timestamp": "2026-11-21T00:00:00.000000Z",
            "cursors": .object(JSONObject(cursors)),
        ])
    }

    func sendMessage(_ topic: String, _ id: String) async throws {
        try await self.send([
            "type": "message", "message_id": .string(id), "topic": .string(topic), "payload": ["id": .string(id)],
            "timestamp": "2026-11-21T00:00:00.000000Z", "metadata": .null,
        ])
    }

    func sendClose(_ code: UInt16, _ reason: String = "") async throws {
        var data = ByteBuffer(integer: code)
        data.writeString(reason)
        try await self.outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
        while try await self.receive() != nil {}
    }
}
