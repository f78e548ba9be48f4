import NIOCore
import Testing

/// A client of Zeal's protocol over a WebSocket.
final class RoomClient {
    enum Message: Equatable {
        case text([String: String])
        case binary([UInt8])

        var bytes: [UInt8]? { if case .binary(let bytes) = self { bytes } else { nil } }
    }

    let socket: TestWebSocket

    init(_ relay: TestRelay, token: String? = nil) async throws {
        self.socket = try await TestWebSocket(port: relay.port, "/ws", token: token)
    }

    func send(_ bytes: [UInt8]) { self.socket.send(0x82, ByteBuffer(bytes: bytes)) }

    func say(_ action: String, _ room: String) throws { try self.socket.send(json: ["action": action, "room": room]) }

    /// Says who it is, with the fields that Zeal's client has.
    func authenticate(_ token: String?) {
        let token = token.map { #""token":"\#($0)","# } ?? ""
        self.send([2] + DocumentBytes.text("{\(token)\"userId\":\"u\",\"userName\":\"U\",\"userColor\":\"#fff\"}"))
    }

    /// The next message; nil where the relay closes the connection.
    func next() async -> Message? {
        guard let frame = await self.socket.next() else { return nil }
        switch frame.opcode {
        case 1: return .text(frame.object.compactMapValues { $0 as? String })
        case 2: return .binary(Array(frame.payload.readableBytesView))
        default: return nil
        }
    }

    func closeCode() async -> UInt16? {
        while let frame = await self.socket.next() { if frame.opcode == 8 { return frame.closeCode } }
        return nil
    }

    /// The `error` of the next text.
    func failure() async -> String? {
        while let message = await self.next() { if case .text(let fields) = message { return fields["error"] } }
        return nil
    }

    /// Joins a room, and waits for the relay's step 1.
    func join(_ room: String) async throws {
        try self.say("join", room)
        guard case .text(let fields) = await self.next() else { throw Ended() }
        try #require(fields["action"] == "joined", "\(fields)")
        #expect(fields["room"] == room)
        #expect(fields["clientId"]?.isEmpty == false)
    }

    struct Ended: Error {}

    func disconnect() { self.socket.connection.disconnect() }
}
