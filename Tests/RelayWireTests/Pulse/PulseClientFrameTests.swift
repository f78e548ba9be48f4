import NIOCore
import RelayWire
import Testing

@Suite("What a client of Pulse's may write")
struct PulseClientFrameTests {
    private static let (type, id, one) = ("a474797065", "a26964", "01")
    private static let subscribe = "a9737562736372696265"
    private static let publish = "a77075626c697368"
    private static let presence = "a870726573656e6365"
    private static let connect = "a7636f6e6e656374"

    private func read(_ members: KeyValuePairs<String, String>) throws -> PulseClientFrame {
        try PulseClientFrame(PulseSamples.map(members))
    }

    @Test(
        "an id has any form of integer, and all 64 bits",
        arguments: [
            ("00", 0), ("7f", 127), ("cc01", 1), ("cd0001", 1), ("ce00000001", 1), ("cf0000000000000001", 1),
            ("cfffffffffffffffff", UInt64.max), ("cf0020000000000001", 9_007_199_254_740_993), ("d001", 1),
            ("d17fff", 32_767),
        ]
    )
    func ids(bytes: String, id: UInt64) throws {
        let frame = try self.read(["type": Self.subscribe, "id": bytes, "channel": "a163"])
        #expect(frame == .subscribe(id: id, channel: "c", since: nil))
    }

    @Test(
        "what is no unsigned integer is no id",
        arguments: ["ff", "d0ff", "ca3f800000", "cb3ff0000000000000", "a131", "c401", "90", "80", "c3"]
    )
    func noIDs(bytes: String) {
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.subscribe, "id": bytes, "channel": "a163"])
        }
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.publish, "id": bytes, "channel": "a163", "payload": "c400"])
        }
        #expect(throws: PulseFrameError.self) { try self.read(["type": "a470696e67", "timestamp": bytes]) }
    }

    @Test(
        "a payload is bytes, the bytes of a text, or an array of bytes",
        arguments: [
            ("c400", []), ("c403000102", [0, 1, 2]), ("c5000101", [1]), ("c60000000101", [1]), ("a0", []),
            ("a2c3a9", [0xC3, 0xA9]),
            ("a1ff", [0xFF]), ("d90161", [0x61]), ("90", []), ("9300ccffcd0001", [0, 255, 1]), ("dc000105", [5]),
            ("dd00000001cf00000000000000ff", [255]),
        ] as [(String, [UInt8])]
    )
    func payloads(bytes: String, payload: [UInt8]) throws {
        let frame = try self.read(["payload": bytes, "channel": "a163", "type": Self.publish])
        #expect(frame == .publish(id: nil, channel: "c", event: nil, payload: ByteBuffer(bytes: payload)))
    }

    @Test(
        "nothing else is a payload",
        arguments: [
            "c0", "80", "81a16101", "01", "c3", "cb3ff0000000000000", "d40561", "91cd0100", "91ff", "91a161",
            "91ca3f800000", "91c0",
        ]
    )
    func noPayloads(bytes: String) {
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.publish, "channel": "a163", "payload": bytes])
        }
    }

    @Test(
        "type and channel are text, or bytes that are UTF-8",
        arguments: [("c4 09", "c4 02"), ("a9", "a2"), ("d9 09", "da 0002")]
    )
    func texts(type: String, channel: String) throws {
        let frame = try self.read(["type": type + "737562736372696265", "id": "05", "channel": channel + "c3a9"])
        #expect(frame == .subscribe(id: 5, channel: "é", since: nil))
    }

    @Test("nothing else is a channel", arguments: ["c0", "01", "90", "80", "a1ff", "c401ff", "c3", "d40561"])
    func noChannels(bytes: String) {
        for type in [Self.subscribe, "ab756e737562736372696265"] {
            #expect(throws: PulseFrameError.self) { try self.read(["type": type, "id": "01", "channel": bytes]) }
        }
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.publish, "channel": bytes, "payload": "c400"])
        }
    }

    @Test("null is as nothing where a key may be left out")
    func nulls() throws {
        #expect(
            try self.read(["type": Self.publish, "id": "c0", "event": "c0", "channel": "a163", "payload": "c400"])
                == .publish(id: nil, channel: "c", event: nil, payload: ByteBuffer())
        )
        #expect(
            try self.read(["type": Self.presence, "id": "01", "channel": "a163", "action": "02", "data": "c0"])
                == .presence(id: 1, channel: "c", action: .update, data: nil)
        )
        #expect(
            try self.read(["type": Self.connect, "version": "01", "token": "c0"]) == .connect(version: 1, token: nil)
        )
        #expect(try self.read(["type": "a470696e67", "timestamp": "c0"]) == .ping(timestamp: nil))
        #expect(
            try self.read(["type": Self.subscribe, "id": "01", "channel": "a163", "since": "c0"])
                == .subscribe(id: 1, channel: "c", since: nil)
        )
    }

    @Test("no key may be left out that a frame needs", arguments: [nil, "c0"])
    func missing(instead: String?) throws {
        let frames: [[(String, String)]] = [
            [("type", Self.subscribe), ("id", "01"), ("channel", "a163")],
            [("type", "ab756e737562736372696265"), ("id", "01"), ("channel", "a163")],
            [("type", Self.publish), ("channel", "a163"), ("payload", "c400")],
            [("type", Self.presence), ("id", "01"), ("channel", "a163"), ("action", "00")],
            [("type", Self.connect), ("version", "01")],
        ]
        for frame in frames {
            #expect(throws: Never.self) { try PulseClientFrame(self.map(frame)) }
            for place in frame.indices {
                var frame = frame
                frame[place].1 = instead ?? ""
                if instead == nil { frame.remove(at: place) }
                #expect(throws: PulseFrameError.self, "\(frame)") { try PulseClientFrame(self.map(frame)) }
            }
        }
    }

    private func map(_ members: [(String, String)]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.pack(mapOf: members.count)
        for (name, value) in members {
            buffer.pack(text: name)
            buffer.writeBytes(bytes(value))
        }
        return buffer
    }

    @Test("keys come in any order, unknown ones are skipped, and the last of several counts")
    func keys() throws {
        #expect(
            try self.read([
                "more": "9481a3616263c401ffd4056191c0c3", "channel": "01", "": "c0", "id": "a178", "payload": "80",
                "id": "07",
                "type": Self.subscribe, "Type": "c3", "channel": "a163", "action": "cc09",
            ]) == .subscribe(id: 7, channel: "c", since: nil)
        )
        #expect(
            try self.read(["id": "05", "type": Self.publish, "channel": "a163", "payload": "c400", "id": "c0"])
                == .publish(id: nil, channel: "c", event: nil, payload: ByteBuffer())
        )
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.subscribe, "id": "07", "channel": "a163", "id": "a178"])
        }
        let deepest = String(repeating: "91", count: MessagePackReader.maximumDepth)
        #expect(try self.read(["x": deepest + "c0", "type": "a470696e67"]) == .ping(timestamp: nil))
        #expect(throws: PulseFrameError.self) { try self.read(["x": deepest + "91c0", "type": "a470696e67"]) }
    }

    @Test("what is behind the map is ignored")
    func behind() throws {
        var buffer = PulseSamples.map(["type": "a470696e67"])
        buffer.writeBytes([0xC1, 0xFF, 0x92])
        #expect(try PulseClientFrame(buffer) == .ping(timestamp: nil))
    }

    @Test("a version is a byte, an action one of four")
    func bounds() throws {
        #expect(try self.read(["type": Self.connect, "version": "ccff"]) == .connect(version: 255, token: nil))
        for version in ["cd0100", "ff", "cb3ff0000000000000", "a131"] {
            #expect(throws: PulseFrameError.self) { try self.read(["type": Self.connect, "version": version]) }
        }
        for action in PulsePresenceAction.allCases {
            let value = String(hexadecimal: [0xCC, action.rawValue])
            #expect(
                try self.read(["type": Self.presence, "id": "01", "channel": "a163", "action": value])
                    == .presence(id: 1, channel: "c", action: action, data: nil)
            )
        }
        for action in ["04", "ccff", "cd0100", "ff", "a46a6f696e", "ca00000000", "c2"] {
            #expect(throws: PulseFrameError.self) {
                try self.read(["type": Self.presence, "id": "01", "channel": "a163", "action": action])
            }
        }
    }

    @Test(
        "data is what JSON has",
        arguments: ["c400", "91c40161", "810101", "81a161d40561", "81c40161c0", "cb7ff8000000000000", "a1ff"]
    )
    func noData(bytes: String) {
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.presence, "id": "01", "channel": "a163", "action": "00", "data": bytes])
        }
    }

    @Test("event, token and since are text", arguments: ["01", "c40161", "90", "a1ff"])
    func noTexts(bytes: String) {
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.publish, "channel": "a163", "payload": "c400", "event": bytes])
        }
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.connect, "version": "01", "token": bytes])
        }
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.subscribe, "id": "01", "channel": "a163", "since": bytes])
        }
    }

    @Test("a subscription may say where it goes on")
    func since() throws {
        #expect(
            try self.read(["type": Self.subscribe, "id": "01", "channel": "a163", "since": "a3352d31"])
                == .subscribe(id: 1, channel: "c", since: "5-1")
        )
    }

    @Test("a subscription may ask for a stream of its own, and for datagrams")
    func ways() throws {
        for (stream, datagram, way) in [
            ("c3", "c2", PulseWay(hasStream: true)), ("c2", "c3", PulseWay(hasDatagrams: true)),
            ("c0", "c2", PulseWay()),
            ("c3", "c3", PulseWay(hasStream: true, hasDatagrams: true)),
        ] {
            let frame = try self.read([
                "type": Self.subscribe, "id": "01", "channel": "a163", "stream": stream, "datagram": datagram,
            ])
            #expect(frame == .subscribe(id: 1, channel: "c", since: nil, way: way))
        }
        #expect(throws: PulseFrameError.self) {
            try self.read(["type": Self.subscribe, "id": "01", "channel": "a163", "stream": "01"])
        }
    }

    @Test("types have the numbers of the protocol's document, in any form")
    func numbers() throws {
        let rest: KeyValuePairs = ["id": "01", "channel": "a163", "payload": "c400", "action": "00", "version": "01"]
        func frame(_ type: String) throws -> PulseClientFrame {
            try PulseClientFrame(self.map([("type", type)] + rest.map { ($0.key, $0.value) }))
        }
        let expected: [PulseClientFrame] = [
            .subscribe(id: 1, channel: "c", since: nil), .unsubscribe(id: 1, channel: "c"),
            .publish(id: 1, channel: "c", event: nil, payload: ByteBuffer()),
            .presence(id: 1, channel: "c", action: .join, data: nil), .ofServer, .ofServer, .ping(timestamp: nil),
            .pong(timestamp: nil), .connect(version: 1, token: nil), .ofServer,
        ]
        let names = [
            "subscribe", "unsubscribe", "publish", "presence", "ack", "error", "ping", "pong", "connect", "connected",
        ]
        for (place, expected) in expected.enumerated() {
            #expect(try frame(String(hexadecimal: [UInt8(place + 1)])) == expected)
            #expect(try frame(String(hexadecimal: [0xCD, 0, UInt8(place + 1)])) == expected)
            let name = Array(names[place].utf8)
            #expect(try frame(String(hexadecimal: [0xA0 | UInt8(name.count)] + name)) == expected)
            // Capitals are another name.
            let capital = [name[0] & 0xDF] + name.dropFirst()
            #expect(throws: PulseFrameError.self) {
                try frame(String(hexadecimal: [0xA0 | UInt8(name.count)] + capital))
            }
        }
        for type in ["00", "0b", "cc81", "cd0101", "ff", "a0", "a131", "cb3ff0000000000000", "90", "c0", "c3"] {
            #expect(throws: PulseFrameError.self, "\(type)") { try frame(type) }
        }
    }

    @Test(
        "what is no map with names is no frame",
        arguments: [
            "", "c0", "90", "93a9737562736372696265 01 a163", "a470696e67", "81", "8101c0", "81c404747970 65a470696e67",
            "81a474797065", "80",
        ]
    )
    func noFrames(bytes: String) {
        #expect(throws: PulseFrameError.self) { try PulseClientFrame(hex(bytes)) }
    }

    @Test("a refusal names the request where it can")
    func refusals() {
        func id(_ frame: ByteBuffer) -> UInt64? {
            do throws(PulseFrameError) {
                _ = try PulseClientFrame(frame)
                return nil
            } catch {
                #expect(!error.message.isEmpty)
                return error.id
            }
        }
        #expect(id(PulseSamples.map(["type": Self.subscribe, "id": "cd012c"])) == 300)
        #expect(id(PulseSamples.map(["type": "a178", "id": "cfffffffffffffffff"])) == .max)
        #expect(id(PulseSamples.map(["id": "05"])) == 5)
        #expect(id(PulseSamples.map(["type": Self.subscribe, "id": "ff", "channel": "a163"])) == 0)
        #expect(id(PulseSamples.map(["type": Self.subscribe, "channel": "a163"])) == 0)
        // The map breaks off behind the id, or before it.
        #expect(id(hex("83 a26964 09 a474797065")) == 9)
        #expect(id(hex("83 a474797065 a26964")) == 0)
        #expect(id(ByteBuffer()) == 0)
    }
}
