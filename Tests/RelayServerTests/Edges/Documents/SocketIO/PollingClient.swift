import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// A client of Engine.IO that polls, and may break every rule.
struct PollingClient: Sendable {
    private final class Packets: Sendable {
        private let waiting = Mutex<[String]>([])

        func take() -> String? { self.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

        func add(_ packets: [String]) { self.waiting.withLock { $0 += packets } }
    }

    let relay: TestRelay
    let sid: String
    let token: String?
    let headers: [(String, String)]
    /// What polls have brought and nobody has looked at yet.
    private let packets = Packets()

    static func path(_ sid: String) -> String { "/socket.io/?EIO=4&transport=polling&sid=\(sid)" }

    /// - Parameter token: shown with each request.
    init(_ relay: TestRelay, token: String? = nil, headers: [(String, String)] = []) async throws {
        (self.relay, self.token, self.headers) = (relay, token, headers)
        let reply = try await relay.send(
            .GET,
            "/socket.io/?EIO=4&transport=polling",
            token: token,
            headers: headers
        )
        try #require(reply.status == 200, "\(reply)")
        try #require(reply.text.first == "0", "\(reply)")
        let open = TestReply(status: 200, headers: [:], body: ByteBuffer(string: String(reply.text.dropFirst())))
        #expect(open.object["upgrades"] as? [String] == ["websocket"])
        self.sid = try #require(open.object["sid"] as? String)
    }

    /// Connects, joins the room, and waits for the relay's step 1.
    func join(_ room: String) async throws {
        #expect(try await self.post("40").text == "ok")
        #expect(try await self.next { $0.hasPrefix("40{\"sid\":") } != nil)
        #expect(try await self.post("42[\"crdt:join\",\"\(room)\"]").text == "ok")
        #expect(try await self.next { $0.hasPrefix("42[\"crdt:joined\"") } != nil)
        #expect(try await self.next { $0.hasPrefix("42[\"crdt:message\"") } != nil)
    }

    func post(_ packets: String...) async throws -> TestReply {
        let body = packets.joined(separator: "\u{1E}")
        let path = Self.path(self.sid)
        return try await self.relay.send(.POST, path, token: self.token, headers: self.headers, body: body)
    }

    func post(_ bytes: [UInt8], to room: String) async throws -> TestReply {
        try await self.post("42[\"crdt:message\",\"\(room)\",\(bytes)]")
    }

    func ask() async throws -> TestReply {
        try await self.relay.send(.GET, Self.path(self.sid), token: self.token, headers: self.headers)
    }

    /// What a poll brings, packet by packet.
    func poll() async throws -> [String] {
        let reply = try await self.ask()
        try #require(reply.status == 200, "\(reply)")
        #expect(reply.header("content-type") == "text/plain; charset=UTF-8")
        return reply.text.split(separator: "\u{1E}").map(String.init)
    }

    /// Polls until a packet is what is wanted; nil where the session ends before.
    func next(where isWanted: (String) -> Bool) async throws -> String? {
        while true {
            while let packet = self.packets.take() {
                if isWanted(packet) { return packet }
                if packet == "1" { return nil }
            }
            self.packets.add(try await self.poll())
        }
    }

    /// The packet that carries these bytes.
    static func message(_ bytes: [UInt8], in room: String) -> String {
        let list = bytes.map(String.init).joined(separator: ",")
        return "42[\"crdt:message\",\"\(room)\",[\(list)]]"
    }
}
