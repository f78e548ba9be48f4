import NIOCore
import Testing

/// A client of Pulse's, which may break every rule.
final class PulseClient {
    let socket: TestWebSocket
    /// What the relay said first.
    let greeting: PulseValue
    private(set) var closeCode: UInt16?

    convenience init(_ relay: TestRelay, token: String? = nil, reads: Bool = true) async throws {
        try await self.init(port: relay.port, "/pulse", token: token, reads: reads)
    }

    init(port: Int, _ path: String, token: String? = nil, reads: Bool = true) async throws {
        let socket = try await TestWebSocket(port: port, path, token: token)
        let frame = try #require(await socket.next())
        let greeting = try #require(Self.value(frame))
        try #require(greeting["type"] == .text("connected"))
        self.socket = socket
        self.greeting = greeting
        if !reads { try await self.socket.connection.channel.setOption(.autoRead, value: false).get() }
    }

    func disconnect() { self.socket.connection.disconnect() }

    // MARK: Sending

    static func frame(_ type: String, _ members: [(String, PulseValue)] = []) -> [UInt8] {
        let body = PulseValue.map([("type", .text(type))] + members).packed
        return PulseValue.big(UInt32(body.count)) + body
    }

    func send(_ type: String, _ members: [(String, PulseValue)] = []) { self.send(bytes: Self.frame(type, members)) }

    /// One WebSocket message.
    func send(bytes: [UInt8]) { self.socket.send(0x82, ByteBuffer(bytes: bytes)) }

    func subscribe(_ channel: String, id: UInt64 = 1, since: String? = nil) async -> PulseValue? {
        let members: [(String, PulseValue)] = [("id", .number(id)), ("channel", .text(channel))]
        self.send("subscribe", members + (since.map { [("since", .text($0))] } ?? []))
        return await self.next()
    }

    func unsubscribe(_ channel: String, id: UInt64 = 2) async -> PulseValue? {
        self.send("unsubscribe", [("id", .number(id)), ("channel", .text(channel))])
        return await self.next()
    }

    func publish(_ channel: String, _ payload: PulseValue, event: String? = nil, id: UInt64? = nil) {
        self.send(
            "publish",
            (id.map { [("id", .number($0))] } ?? []) + [("channel", .text(channel))]
                + (event.map { [("event", .text($0))] } ?? []) + [("payload", payload)]
        )
    }

    // MARK: Reading

    /// The next frame but pings, each of which is answered; nil where the relay closes the connection.
    func next() async -> PulseValue? {
        while let frame = await self.nextOfAnyType() {
            guard frame["type"] == .text("ping") else { return frame }
            self.send("pong", frame["timestamp"].map { [("timestamp", $0)] } ?? [])
        }
        return nil
    }

    /// The next frame, which may be a ping.
    func nextOfAnyType() async -> PulseValue? {
        guard let frame = await self.socket.next() else { return nil }
        if let code = frame.closeCode { self.closeCode = code }
        return Self.value(frame)
    }

    /// The next frame of a type. What comes before it is dropped.
    func next(_ type: String) async -> PulseValue? {
        while let frame = await self.next() { if frame["type"] == .text(type) { return frame } }
        return nil
    }

    /// So many messages, whatever else comes between them.
    func deliveries(_ count: Int) async -> [PulseValue] {
        var found: [PulseValue] = []
        while found.count < count, let frame = await self.next("publish") { found.append(frame) }
        return found
    }

    /// Whether nothing more comes before the answer to a ping.
    func isSilent() async -> Bool {
        self.send("ping", [("timestamp", .number(77))])
        let frame = await self.next()
        return frame?["type"] == .text("pong") && frame?["timestamp"] == .number(77)
    }

    /// - Returns: nil unless a WebSocket frame is one whole frame of Pulse's.
    private static func value(_ frame: TestWebSocket.Frame) -> PulseValue? {
        var bytes = frame.payload
        guard frame.opcode == 2, let size = bytes.readInteger(as: UInt32.self), Int(size) == bytes.readableBytes else {
            return nil
        }
        return PulseValue(Array(bytes.readableBytesView))
    }
}

/// What a frame says of a request: `ack 7`, `error 7 1002`, or its type.
func summary(_ frame: PulseValue?) -> String {
    guard let frame, let type = frame["type"]?.text else { return "nothing" }
    return ([type] + [frame["id"], frame["code"]].compactMap { $0?.number.map(String.init) }).joined(separator: " ")
}
