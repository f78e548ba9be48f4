import Foundation
import NIOCore
import Testing

/// How a client of rooms and the relay talk.
enum RoomDialect: CaseIterable, Sendable {
    /// Texts and binary messages of a WebSocket.
    case native
    /// Events of Socket.IO over a WebSocket.
    case socketIO

    /// Awareness as a client that has written none itself is sent it.
    func awareness(_ client: Int, clock: Int, _ state: String) -> [UInt8] {
        let message = DocumentBytes.awareness(client, clock: clock, state)
        // Less than 128 bytes have a length of one.
        return self == .native ? message : [1] + message.dropFirst(2)
    }

    /// The same of nobody.
    var nobody: [UInt8] { self == .native ? [1, 1, 0] : [1, 0] }
}

/// A client of Zeal's protocol.
final class RoomClient {
    enum Message: Equatable {
        case text([String: String])
        case binary([UInt8])

        var bytes: [UInt8]? { if case .binary(let bytes) = self { bytes } else { nil } }
    }

    let socket: TestWebSocket
    let dialect: RoomDialect
    /// The room that it has joined last.
    private var room = ""

    init(_ relay: TestRelay, token: String? = nil, over dialect: RoomDialect = .native) async throws {
        self.dialect = dialect
        let path = dialect == .native ? "/ws" : "/socket.io/?EIO=4&transport=websocket"
        self.socket = try await TestWebSocket(port: relay.port, path, token: token)
        guard dialect == .socketIO else { return }
        try #require(await self.socket.next()?.text.first == "0")
        self.socket.send(text: "40")
        try #require(await self.socket.next()?.text.hasPrefix("40{\"sid\":") == true)
    }

    func send(_ bytes: [UInt8]) {
        switch self.dialect {
        case .native: self.socket.send(0x82, ByteBuffer(bytes: bytes))
        case .socketIO: self.socket.send(text: "42[\"crdt:message\",\"\(self.room)\",\(bytes)]")
        }
    }

    func say(_ action: String, _ room: String) throws {
        self.room = room
        switch self.dialect {
        case .native: try self.socket.send(json: ["action": action, "room": room])
        case .socketIO: self.socket.send(text: "42[\"crdt:\(action)\",\"\(room)\"]")
        }
    }

    /// Says who it is, with the fields that Zeal's client has.
    func authenticate(_ token: String?) {
        let token = token.map { #""token":"\#($0)","# } ?? ""
        self.send([2] + DocumentBytes.text("{\(token)\"userId\":\"u\",\"userName\":\"U\",\"userColor\":\"#fff\"}"))
    }

    /// The next message; nil where the relay closes the connection.
    func next() async -> Message? {
        while let frame = await self.socket.next() {
            switch (self.dialect, frame.opcode) {
            case (.native, 1): return .text(frame.object.compactMapValues { $0 as? String })
            case (.native, 2): return .binary(Array(frame.payload.readableBytesView))
            case (.socketIO, 1) where frame.text.hasPrefix("42"): return self.message(ofEvent: frame.text.dropFirst(2))
            case (.socketIO, 1) where frame.text == "2": self.socket.send(text: "3")
            default: return nil
            }
        }
        return nil
    }

    /// In the words of the other dialect.
    private func message(ofEvent json: Substring) -> Message? {
        let event = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [Any] ?? []
        let fields = event.last as? [String: String] ?? [:]
        switch event.first as? String {
        case "crdt:joined":
            return .text(["action": "joined", "room": fields["roomName"] ?? "", "clientId": fields["clientId"] ?? ""])
        case "crdt:error":
            #expect(fields["message"] == fields["error"], "both words have the text")
            return .text(["action": "error", "error": fields["error"] ?? "", "code": fields["type"] ?? ""])
        case "crdt:message":
            #expect(event[1] as? String == self.room)
            return .binary((event.last as? [Any] ?? []).compactMap { ($0 as? Int).map(UInt8.init) })
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
