import Foundation
import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Engine.IO packets")
struct EnginePacketTests {
    private static let body = "2probe\u{1E}4hé\u{1E}bAQIDBA==\u{1E}6"

    @Test("A polling body is read as the protocol's description has it, and written again")
    func golden() throws {
        let packets = try EnginePayload.packets(in: inset(Self.body.utf8))
        #expect(packets.map(\.type) == [.ping, .message, .message, .noop])
        #expect(packets.map(\.isBinary) == [false, false, true, false])
        #expect(packets[0].payload.text == "probe")
        #expect(packets[1].payload.text == "hé")
        #expect(packets[2].payload == ByteBuffer(bytes: [1, 2, 3, 4]))
        var written = ByteBuffer()
        for packet in packets { EnginePayload.write(packet, into: &written) }
        #expect(written.text == Self.body)
        #expect(packets.reduce(-1) { $0 + EnginePayload.size(of: $1) } == written.readableBytes)
    }

    @Test("Packets are WebSocket frames: text with its type, bytes as they are")
    func frames() {
        #expect(EnginePacket(.pong, ByteBuffer(string: "probe")).frame == ByteBuffer(bytes: [0x81, 6] + "3probe".utf8))
        #expect(EnginePacket(binary: ByteBuffer(bytes: [9, 0])).frame == ByteBuffer(bytes: [0x82, 2, 9, 0]))
        #expect(EnginePacket(.noop).frame == ByteBuffer(bytes: [0x81, 1, 0x36]))
    }

    @Test("A session begins as Engine.IO's clients read it")
    func handshake() {
        let handshake = EngineHandshake(
            sid: "lv_VI97HAXpY6yYWAAAC",
            mayUpgrade: true,
            pingInterval: 25_000,
            pingTimeout: 20_000,
            maxPayload: 1_000_000
        )
        let text =
            "{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
            + "\"pingTimeout\":20000,\"maxPayload\":1000000}"
        #expect(handshake.packet == EnginePacket(.open, ByteBuffer(string: text)))
    }

    @Test("What is no packet is refused", arguments: ["", "7", "x", "4a\u{1E}", "\u{1E}4a", "4a\u{1E}\u{1E}4b", "-1"])
    func refused(_ body: String) {
        #expect(throws: SocketIOError.malformedPacket) {
            try EnginePayload.packets(in: ByteBuffer(string: body))
        }
    }

    @Test(
        "What is no base64 is refused",
        arguments: ["A", "AB", "A===", "AB=C", "AQ=", "AQIDBA=", "A\u{0}==", "AR==", "===="]
    )
    func refusedBase64(_ digits: String) {
        #expect(throws: SocketIOError.malformedBase64) {
            try EnginePayload.packets(in: ByteBuffer(string: "b\(digits)"))
        }
    }

    @Test("A body with too many packets is refused")
    func tooMany() throws {
        let most = Array(repeating: "3", count: EnginePayload.maxPackets).joined(separator: "\u{1E}")
        #expect(try EnginePayload.packets(in: ByteBuffer(string: most)).count == EnginePayload.maxPackets)
        #expect(throws: SocketIOError.tooManyPackets) {
            try EnginePayload.packets(in: ByteBuffer(string: most + "\u{1E}3"))
        }
    }

    @Test("Base64 is what Foundation makes of it, at every length")
    func base64() throws {
        var chance = SeededGenerator(seed: 1)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
            var body = ByteBuffer()
            EnginePayload.write(EnginePacket(binary: ByteBuffer(bytes: bytes)), into: &body)
            #expect(body.text == "b" + Data(bytes).base64EncodedString())
            #expect(try EnginePayload.packets(in: body) == [EnginePacket(binary: ByteBuffer(bytes: bytes))])
        }
    }

    @Test("Any bytes are read or refused, and what is read is written as it came")
    func fuzz() throws {
        var chance = SeededGenerator(seed: 2)
        let alphabet = Array("0123456bAQ=/+\u{1E}\u{0}é".utf8)
        for _ in 0..<20_000 {
            var bytes = chance.chance(50) ? Array(Self.body.utf8) : []
            for _ in 0..<Int.random(in: 0...6, using: &chance) {
                let byte = alphabet.randomElement(using: &chance) ?? 0
                bytes.insert(byte, at: .random(in: 0...bytes.count, using: &chance))
            }
            bytes = Array(bytes.prefix(.random(in: 0...bytes.count, using: &chance)))
            guard let packets = try? EnginePayload.packets(in: inset(bytes)) else { continue }
            var written = ByteBuffer()
            for packet in packets { EnginePayload.write(packet, into: &written) }
            #expect(written == ByteBuffer(bytes: bytes))
        }
    }
}
