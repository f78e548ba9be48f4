import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Events about documents")
struct DocumentEventTests {
    private static func read(_ json: String) throws -> DocumentEvent { try DocumentEvent(json: inset(json.utf8)) }

    @Test("Events are read as Zeal's client writes them")
    func golden() throws {
        #expect(try Self.read("[\"crdt:join\",\"notes/é\"]") == .join(room: "notes/é"))
        #expect(try Self.read("[\"crdt:leave\",\"r\"]") == .leave(room: "r"))
        let message = DocumentEvent.message(room: "r", ByteBuffer(bytes: [0, 10, 255]))
        #expect(try Self.read("[\"crdt:message\",\"r\",[0,10,255]]") == message)
        #expect(try Self.read(" [ \"crdt:message\" , \"r\" , [ 0 , 10 ,\n255 ] , 1 ] ") == message)
        #expect(try Self.read("[\"crdt:message\",\"r\",[]]") == .message(room: "r", ByteBuffer()))
        let attached = "[\"crdt:message\",\"r\",{\"_placeholder\":true,\"num\":0}]"
        #expect(try Self.read(attached) == .message(room: "r", nil))
        #expect(try Self.read("[\"chat\",{\"a\":[1]}]") == .other)
        #expect(try Self.read("[\"crdt\\u003ajoin\",\"r\"]") == .join(room: "r"))
    }

    @Test(
        "What is no event is refused",
        arguments: [
            "", "{}", "[]", "[1]", "[\"crdt:join\"]", "[\"crdt:join\",1]", "[\"crdt:join\",\"\\ud800\"]",
            "[\"crdt:join\",\"r\"",
            "[\"crdt:join\",\"r\"]]", "[\"crdt:message\",\"r\"]", "[\"crdt:message\",[1],\"r\"]",
        ]
    )
    func refused(_ json: String) {
        #expect(throws: (any Error).self) { try Self.read(json) }
    }

    @Test(
        "What is no list of bytes is refused",
        arguments: [
            "[256]", "[-1]", "[1.5]", "[1e1]", "[99999999999999]", "[\"1\"]", "[[1]]", "[null]", "\"AQ==\"", "null",
            "7",
        ]
    )
    func noBytes(_ list: String) {
        #expect(throws: SocketIOError.notBytes) { try Self.read("[\"crdt:message\",\"r\",\(list)]") }
    }

    @Test("What is written is what clients read")
    func writing() throws {
        #expect(
            DocumentNotice.joined(room: "a\"b", clientID: "x").packet.payload.text
                == "2[\"crdt:joined\",{\"roomName\":\"a\\\"b\",\"clientId\":\"x\"}]"
        )
        #expect(
            DocumentNotice.error("Not joined", type: "not_joined").packet.payload.text
                == "2[\"crdt:error\",{\"error\":\"Not joined\",\"message\":\"Not joined\",\"type\":\"not_joined\"}]"
        )
        #expect(DocumentNotice.connected(sid: "s").packet.payload.text == "0{\"sid\":\"s\"}")
        #expect(DocumentNotice.refused("No", namespace: "/n").packet.payload.text == "4/n,{\"message\":\"No\"}")
        #expect(DocumentNotice.acknowledged("12").packet.payload.text == "312[]")
        let attached = DocumentNotice.binaryMessage(room: "r", ByteBuffer(bytes: [1]))
        #expect(attached.map(\.isBinary) == [false, true])
        #expect(
            attached[0].payload.text == "51-[\"crdt:message\",\"r\",{\"_placeholder\":true,\"num\":0}]"
        )
    }

    @Test("A list of every byte is read as it was written")
    func roundTrip() throws {
        for bytes in [ByteBuffer(), ByteBuffer(bytes: [7]), ByteBuffer(bytes: 0...255)] {
            let packet = try SocketPacket(DocumentNotice.message(room: "r", bytes).payload)
            #expect(packet.kind == .event)
            #expect(try DocumentEvent(json: packet.json) == .message(room: "r", bytes))
        }
    }

    @Test("A shown token is found, or there is none")
    func tokens() throws {
        func token(_ json: String) throws -> String? { try ShownToken.token(in: inset(json.utf8)) }
        #expect(try token("{\"a\":1,\"token\":\"t\\u0041\"}") == "tA")
        for json in ["", "{}", "{\"token\":null}", "{\"token\":\"\"}"] { #expect(try token(json) == nil) }
        for json in ["[]", "1", "{\"token\":1}", "{\"token\":\"\\ud800\"}", "{", "{}{}"] {
            #expect(throws: SocketIOError.malformedEvent) { try token(json) }
        }
    }

    @Test("Any bytes are read or refused")
    func fuzz() {
        var chance = SeededGenerator(seed: 5)
        let sample = Array("[\"crdt:message\",\"r\",[0,10,255]]".utf8)
        for _ in 0..<20_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                bytes[.random(in: 0..<bytes.count, using: &chance)] = .random(in: 0...255, using: &chance)
            }
            bytes = Array(bytes.prefix(.random(in: 0...bytes.count, using: &chance)))
            guard case .message(_, let list?) = try? DocumentEvent(json: inset(bytes)) else { continue }
            #expect(list.readableBytes <= 5)
        }
    }
}
