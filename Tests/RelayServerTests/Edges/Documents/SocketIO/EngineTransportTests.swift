import NIOCore
import NIOHTTP1
import RelayWire
import Testing

@testable import RelayServer

@Suite("Engine.IO: who gets a session's packets")
struct EngineTransportTests {
    private typealias Transport = EngineTransport<Int, String>

    /// What is handed on now, in short: who gets what.
    private static func handedOn(_ transport: inout Transport) -> String? {
        guard let (taker, packets) = transport.takeNext() else { return nil }
        let texts = packets.map { "\($0.type.rawValue)\(String(buffer: $0.payload))" }.joined(separator: " ")
        return switch taker {
        case .poll(let number): "poll \(number): \(texts)"
        case .socket(let name): "\(name): \(texts)"
        }
    }

    private static func message(_ text: String) -> EnginePacket { EnginePacket(.message, ByteBuffer(string: text)) }

    @Test("packets wait for a poll, and a poll for packets")
    func polls() {
        var transport = Transport()
        #expect(transport.polled(1) == .waits)
        #expect(Self.handedOn(&transport) == nil)
        transport.add(Self.message("a"))
        #expect(Self.handedOn(&transport) == "poll 1: 4a")
        transport.add(Self.message("b"))
        transport.add(Self.message("c"))
        #expect(Self.handedOn(&transport) == nil)
        #expect(transport.polled(2) == .waits)
        #expect(Self.handedOn(&transport) == "poll 2: 4b 4c")
        #expect(transport.bytes == 0)
        #expect(transport.polled(3) == .waits)
        #expect(transport.polled(4) == .overlaps)
    }

    @Test("a WebSocket takes over once it has been tried, and what waits goes by it")
    func upgrade() {
        var transport = Transport()
        #expect(transport.polled(1) == .waits)
        #expect(transport.upgraded(to: "one") == false, "not tried before")
        #expect(transport.probed(by: "one") == true)
        #expect(transport.probed(by: "other") == false)
        #expect(Self.handedOn(&transport) == "poll 1: 6", "its client waits for the last poll to end")
        transport.add(Self.message("a"))
        #expect(transport.upgraded(to: "other") == false)
        #expect(transport.upgraded(to: "one") == true)
        #expect(transport.polled(2) == .refused)
        #expect(Self.handedOn(&transport) == "one: 4a")
        transport.add(Self.message("b"))
        #expect(Self.handedOn(&transport) == nil, "it has not said that it takes more")
        #expect(transport.isStalled)
        transport.ready("other")
        #expect(Self.handedOn(&transport) == nil)
        transport.ready("one")
        #expect(Self.handedOn(&transport) == "one: 4b")
        #expect(transport.lost("other") == true)
        #expect(transport.lost("one") == false)
    }

    @Test("a WebSocket that was tried and lost leaves the session to its polls")
    func failedProbe() {
        var transport = Transport()
        #expect(transport.probed(by: "one") == true)
        transport.add(Self.message("a"))
        #expect(transport.polled(1) == .waits)
        #expect(Self.handedOn(&transport) == "poll 1: 4a")
        #expect(transport.lost("one") == true)
        #expect(transport.polled(2) == .waits)
        #expect(Self.handedOn(&transport) == nil)
        #expect(transport.probed(by: "two") == true)
    }

    @Test("there is room for so many bytes, and packets cost something each")
    func room() {
        var transport = Transport()
        transport.add(Self.message(String(repeating: "x", count: Transport.mostBytes - 65)))
        #expect(transport.hasRoom)
        transport.add(Self.message(""))
        #expect(!transport.hasRoom)
        #expect(transport.polled(1) == .waits)
        _ = transport.takeNext()
        #expect(transport.hasRoom)
    }
}

@Suite("Engine.IO: pings, and what a request wants")
struct EngineRulesTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test("a client is pinged after its last word, and given up after its silence")
    func heartbeat() {
        var heartbeat = EngineHeartbeat(openedAt: Self.at(0))
        #expect(heartbeat.tick(Self.at(24), isHeldBack: false) == .nothing)
        #expect(heartbeat.tick(Self.at(25), isHeldBack: false) == .ping)
        #expect(heartbeat.tick(Self.at(84), isHeldBack: false) == .nothing)
        #expect(heartbeat.tick(Self.at(85), isHeldBack: false) == .giveUp)
        heartbeat.heard(at: Self.at(84))
        #expect(heartbeat.tick(Self.at(108), isHeldBack: false) == .nothing)
        #expect(heartbeat.tick(Self.at(109), isHeldBack: true) == .ping)
        #expect(heartbeat.tick(Self.at(200), isHeldBack: true) == .nothing, "it may have answered, unheard")
        #expect(heartbeat.tick(Self.at(259), isHeldBack: false) == .nothing)
        #expect(heartbeat.tick(Self.at(260), isHeldBack: false) == .giveUp)
    }

    @Test(
        "requests that are none are refused by number",
        arguments: [
            ("GET", "EIO=4", EngineRefusal.unknownTransport),
            ("GET", "EIO=4&transport=carrier-pigeon", .unknownTransport),
            ("GET", "EIO=3&transport=polling", .unsupportedVersion),
            ("GET", "transport=websocket", .unsupportedVersion),
            ("POST", "EIO=4&transport=polling", .badHandshakeMethod),
            ("POST", "EIO=4&transport=websocket&sid=x", .badRequest),
            ("GET", "EIO=4&transport=polling&j=0", .badRequest),
        ]
    )
    func refusals(_ method: String, _ query: String, _ refusal: EngineRefusal) {
        #expect(throws: refusal) { try EngineRequest(method == "GET" ? .GET : .POST, query: query[...]) }
    }

    @Test("those that are one are read")
    func requests() throws {
        let handshake = try EngineRequest(.GET, query: "EIO=4&transport=polling&t=abc")
        #expect(handshake.transport == .polling && handshake.sid == nil)
        let later = try EngineRequest(.GET, query: "transport=websocket&sid=A%2DZ")
        #expect(later.transport == .webSocket && later.sid == "A-Z")
    }

    @Test("ids are long, made of characters that need no escape, and no two are alike")
    func ids() {
        let ids = (0..<1_000).map { _ in EngineSessions.newID() }
        #expect(Set(ids).count == ids.count)
        let isPlain = { (character: Character) in
            character.isASCII && (character.isLetter || character.isNumber || "-_".contains(character))
        }
        #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(isPlain) })
    }
}
