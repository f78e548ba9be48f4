import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Socket.IO packets")
struct SocketPacketTests {
    private static func read(_ text: String) throws -> SocketPacket { try SocketPacket(inset(text.utf8)) }

    @Test(
        "Packets are read and written as the protocol's description has them",
        arguments: [
            ("0", SocketPacket.Kind.connect, "/", nil, ""),
            ("0{\"token\":\"123\"}", .connect, "/", nil, "{\"token\":\"123\"}"),
            ("0/admin,{\"token\":\"123\"}", .connect, "/admin", nil, "{\"token\":\"123\"}"),
            ("1/admin,", .disconnect, "/admin", nil, ""),
            ("2[\"foo\"]", .event, "/", nil, "[\"foo\"]"),
            ("2/admin,[\"bar\"]", .event, "/admin", nil, "[\"bar\"]"),
            ("212[\"foo\"]", .event, "/", "12", "[\"foo\"]"),
            ("3/admin,13[\"bar\"]", .ack, "/admin", "13", "[\"bar\"]"),
            ("4{\"message\":\"Not authorized\"}", .connectError, "/", nil, "{\"message\":\"Not authorized\"}"),
        ] as [(String, SocketPacket.Kind, String, String?, String)]
    )
    func golden(_ text: String, _ kind: SocketPacket.Kind, _ namespace: String, _ id: String?, _ json: String) throws {
        let packet = try Self.read(text)
        #expect(packet == SocketPacket(kind, namespace: namespace, id: id, json: ByteBuffer(string: json)))
        #expect(packet.packet == EnginePacket(.message, ByteBuffer(string: text)))
    }

    @Test("A namespace without a comma ends with the packet, and its query is not a part of it")
    func namespaces() throws {
        #expect(try Self.read("0/admin").namespace == "/admin")
        #expect(try Self.read("0/admin?token=1,{}") == SocketPacket(.connect, namespace: "/admin", json: "{}".buffer))
    }

    @Test("Attachments are counted")
    func attachments() throws {
        let packet = try Self.read("51-/admin,7[\"baz\",{\"_placeholder\":true,\"num\":0}]")
        #expect(packet.kind == .binaryEvent)
        #expect(packet.attachments == 1)
        #expect(packet.namespace == "/admin")
        #expect(packet.id == "7")
        #expect(try Self.read("50-[\"baz\"]").attachments == 0)
        for text in ["52-[]", "599999999999999999999-[]"] {
            #expect(throws: (any Error).self) { try Self.read(text) }
        }
    }

    @Test(
        "What is no packet is refused",
        arguments: [
            "", "7", "x", "5[]", "51[]", "5-[]", "2123456789012345678901[]", "2/" + String(repeating: "n", count: 255),
        ]
    )
    func refused(_ text: String) {
        #expect(throws: SocketIOError.malformedPacket) { try Self.read(text) }
    }

    @Test("Any bytes are read or refused")
    func fuzz() throws {
        var chance = SeededGenerator(seed: 3)
        let samples = ["51-/admin,7[\"baz\"]", "2[\"foo\"]", "0{}"]
        for _ in 0..<20_000 {
            var bytes = Array((samples.randomElement(using: &chance) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...3, using: &chance) {
                bytes.insert(.random(in: 0...255, using: &chance), at: .random(in: 0...bytes.count, using: &chance))
            }
            bytes = Array(bytes.prefix(.random(in: 0...bytes.count, using: &chance)))
            guard let packet = try? SocketPacket(inset(bytes)) else { continue }
            #expect(packet.attachments <= SocketPacket.maxAttachments)
            #expect(bytes.suffix(packet.json.readableBytes) == Array(packet.json.readableBytesView)[...])
        }
    }
}

extension String {
    fileprivate var buffer: ByteBuffer { ByteBuffer(string: self) }
}
