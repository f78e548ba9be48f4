import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// The cases of Autobahn's fuzzing client, byte by byte. What it has echoed is published and comes back as a message.
@Suite("The cases of Autobahn's list", .timeLimit(.minutes(2)))
struct AutobahnCaseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let frames: [Frame]
        var messages: [String] = []
        var pongs: [[UInt8]] = []
        var errors = 0
        /// The code that the relay closes with; 0 stands for a close without one, nil for a connection that stays.
        var close: UInt16?

        var testDescription: String { self.name }
    }

    /// A frame as the client sends it.
    struct Frame: Sendable {
        let first: UInt8
        let payload: [UInt8]

        init(_ first: UInt8, _ payload: [UInt8] = []) {
            self.first = first
            self.payload = payload
        }

        init(_ first: UInt8, _ payload: some Sequence<UInt8>) { self.init(first, Array(payload)) }
    }

    /// A publish of a message whose text is these bytes, which may be no UTF-8.
    private static func publish(_ text: [UInt8]) -> [UInt8] {
        Array(#"{"type":"publish","id":1,"topic":"t","payload":{"x":""#.utf8) + text + Array("\"}}".utf8)
    }

    private static func publish(_ text: String) -> [UInt8] { self.publish(Array(text.utf8)) }

    /// The same in pieces of `size` bytes.
    private static func pieces(_ bytes: [UInt8], of size: Int) -> [Frame] {
        stride(from: 0, to: bytes.count, by: size).map { start in
            let end = min(start + size, bytes.count)
            return Frame((end == bytes.count ? 0x80 : 0) | (start == 0 ? 1 : 0), bytes[start..<end])
        }
    }

    private static let binary = [UInt8](0...124)
    private static let full = [UInt8](repeating: 0x2A, count: 125)

    private static let framing: [Case] = [0, 1, 7, 125, 126, 127, 128, 1_000, 32_000].flatMap { size in
        let text = String(repeating: "*", count: size)
        return [
            Case(name: "1.1 text of \(size)", frames: [Frame(0x81, Self.publish(text))], messages: [text]),
            Case(name: "1.1.8 in pieces of 997", frames: Self.pieces(Self.publish(text), of: 997), messages: [text]),
            Case(name: "1.2 binary of \(size)", frames: [Frame(0x82, text.utf8)], errors: 1),
        ]
    }

    private static let pings: [Case] = [
        Case(name: "2.1 empty ping", frames: [Frame(0x89)], pongs: [[]]),
        Case(name: "2.2 ping with text", frames: [Frame(0x89, "Hello".utf8)], pongs: [Array("Hello".utf8)]),
        Case(
            name: "2.3 ping with bytes",
            frames: [Frame(0x89, [0, 0xFF, 0xFE, 0xFD])],
            pongs: [[0, 0xFF, 0xFE, 0xFD]]
        ),
        Case(name: "2.4 ping of 125", frames: [Frame(0x89, Self.full)], pongs: [Self.full]),
        Case(name: "2.5 ping of 126", frames: [Frame(0x89, Self.full + [1])], close: 1002),
        Case(name: "2.7 unasked pong", frames: [Frame(0x8A)]),
        Case(name: "2.8 unasked pong with text", frames: [Frame(0x8A, "unasked".utf8)]),
        Case(
            name: "2.9 unasked pong, then a ping",
            frames: [Frame(0x8A, "unasked".utf8), Frame(0x89, "ping".utf8)],
            pongs: [Array("ping".utf8)]
        ),
        Case(
            name: "2.10 ten pings",
            frames: (0..<10).map { Frame(0x89, [$0]) },
            pongs: (0..<10).map { [$0] }
        ),
    ]

    private static let reserved: [Case] =
        [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70].flatMap { (bits: UInt8) in
            [
                Case(name: "3 reserved bits \(bits) on text", frames: [Frame(0x81 | bits, "a".utf8)], close: 1002),
                Case(name: "3 reserved bits \(bits) on a ping", frames: [Frame(0x89 | bits)], close: 1002),
                Case(
                    name: "3 reserved bits \(bits) after a good message",
                    frames: [Frame(0x81, Self.publish("a")), Frame(0x81 | bits, "b".utf8), Frame(0x89)],
                    messages: ["a"],
                    close: 1002
                ),
            ]
        }
        + [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF].flatMap { (opcode: UInt8) in
            [
                Case(name: "4 opcode \(opcode)", frames: [Frame(0x80 | opcode)], close: 1002),
                Case(name: "4 opcode \(opcode) with data", frames: [Frame(0x80 | opcode, "a".utf8)], close: 1002),
            ]
        }

    private static let fragments: [Case] = [
        Case(name: "5.1 ping in two", frames: [Frame(0x09, "a".utf8), Frame(0x80, "b".utf8)], close: 1002),
        Case(name: "5.2 pong in two", frames: [Frame(0x0A, "a".utf8), Frame(0x80, "b".utf8)], close: 1002),
        Case(name: "5.3 text in two", frames: Self.pieces(Self.publish("ab"), of: 30), messages: ["ab"]),
        Case(name: "5.5 byte by byte", frames: Self.pieces(Self.publish("ab"), of: 1), messages: ["ab"]),
        Case(
            name: "5.6 ping in between",
            frames: [
                Frame(0x01, Self.publish("ab").prefix(9)), Frame(0x89, "p".utf8),
                Frame(0x80, Self.publish("ab").dropFirst(9)),
            ],
            messages: ["ab"],
            pongs: [Array("p".utf8)]
        ),
        Case(name: "5.9 continuation of nothing, final", frames: [Frame(0x80, "a".utf8)], close: 1002),
        Case(name: "5.12 continuation of nothing", frames: [Frame(0x00, "a".utf8)], close: 1002),
        Case(
            name: "5.15 a message, then a continuation",
            frames: Self.pieces(Self.publish("a"), of: 30) + [Frame(0x00)],
            messages: ["a"],
            close: 1002
        ),
        Case(
            name: "5.16 continuation first, then text",
            frames: [Frame(0x00, "a".utf8), Frame(0x81, "b".utf8)],
            close: 1002
        ),
        Case(name: "5.18 text within a text", frames: [Frame(0x01, "a".utf8), Frame(0x81, "b".utf8)], close: 1002),
        Case(
            name: "5.19 pings between the pieces",
            frames: Self.pieces(Self.publish("abcde"), of: 20).flatMap { [$0, Frame(0x89, "p".utf8)] },
            messages: ["abcde"],
            pongs: Array(repeating: Array("p".utf8), count: Self.pieces(Self.publish("abcde"), of: 20).count)
        ),
        Case(
            name: "5 empty pieces",
            frames: [Frame(0x01), Frame(0x00)] + [Frame(0x80, Self.publish("a"))],
            messages: ["a"]
        ),
        Case(name: "5 binary in pieces", frames: [Frame(0x02, [1]), Frame(0x80, [0xFF])], errors: 1),
    ]

    private static let goodText = [
        "", "Hello-\u{b5}@\u{df}\u{f6}\u{e4}\u{fc}\u{e0}\u{e1}-UTF-8!!", "\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}",
        "\u{80}", "\u{7ff}",
        "\u{800}", "\u{ffff}", "\u{fffd}", "\u{10000}", "\u{10ffff}", "\u{d7ff}\u{e000}", "\u{fffe}", "\u{1fffe}",
        "\u{10fffe}",
    ]

    private static let badText: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC3, 0x28], [0xC3], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
        [0xE2, 0x28, 0xA1], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xAF, 0xBF], [0xED, 0xBF, 0xBF],
        [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xFE, 0xFE, 0xFF, 0xFF],
        [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80, 0x65],
    ]

    private static let text: [Case] =
        Self.goodText.enumerated().flatMap { index, text in
            [
                Case(name: "6 good text \(index)", frames: [Frame(0x81, Self.publish(text))], messages: [text]),
                Case(
                    name: "6 good text \(index) by bytes",
                    frames: Self.pieces(Self.publish(text), of: 1),
                    messages: [text]
                ),
            ]
        }
        + Self.badText.enumerated().flatMap { index, bytes in
            [
                Case(name: "6 bad text \(index)", frames: [Frame(0x81, Self.publish(bytes))], close: 1007),
                Case(
                    name: "6 bad text \(index) by bytes",
                    frames: Self.pieces(Self.publish(bytes), of: 1),
                    close: 1007
                ),
                Case(name: "6 bad text \(index) alone", frames: [Frame(0x81, bytes)], close: 1007),
            ]
        } + [
            // The rest never comes: what has come can't become UTF-8.
            Case(
                name: "6.4.1 fails at once",
                frames: [Frame(0x01, "a".utf8), Frame(0x00, [0xF4, 0x90])],
                close: 1007
            ),
            Case(name: "6.4.2 fails at once", frames: [Frame(0x01, [0xF4]), Frame(0x00, [0x90])], close: 1007),
            Case(name: "6.4 surrogate fails at once", frames: [Frame(0x01, [0xED]), Frame(0x00, [0xA0])], close: 1007),
            Case(
                name: "6.1 bad text after a good message",
                frames: [Frame(0x81, Self.publish("a")), Frame(0x81, [0xFF])],
                messages: ["a"],
                close: 1007
            ),
            Case(name: "6 bytes in a ping are no text", frames: [Frame(0x89, [0xFF])], pongs: [[0xFF]]),
        ]

    private static func close(_ code: UInt16, _ reason: [UInt8] = []) -> Frame {
        Frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    private static let closing: [Case] =
        [
            Case(
                name: "7.1.1 message, then close",
                frames: [Frame(0x81, Self.publish("a")), Self.close(1000)],
                close: 1000
            ),
            Case(name: "7.1.2 two closes", frames: [Self.close(1000), Self.close(1000)], close: 1000),
            Case(name: "7.1.3 ping after close", frames: [Self.close(1000), Frame(0x89)], close: 1000),
            Case(
                name: "7.1.5 close in a message",
                frames: [Frame(0x01, "a".utf8), Self.close(1000), Frame(0x80, "b".utf8)],
                close: 1000
            ),
            Case(name: "7.3.1 close without code", frames: [Frame(0x88)], close: 0),
            Case(name: "7.3.2 half a code", frames: [Frame(0x88, [3])], close: 1002),
            Case(
                name: "7.3.5 longest reason",
                frames: [Self.close(1000, [UInt8](repeating: 0x2A, count: 123))],
                close: 1000
            ),
            Case(
                name: "7.3.6 reason too long",
                frames: [Self.close(1000, [UInt8](repeating: 0x2A, count: 124))],
                close: 1002
            ),
            Case(
                name: "7.5.1 reason is no text",
                frames: [Self.close(1000, [0xCE, 0xBA, 0xED, 0xA0, 0x80])],
                close: 1007
            ),
        ]
        + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map { code in
            Case(name: "7.7 close with \(code)", frames: [Self.close(code)], close: code)
        }
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map { code in
            Case(name: "7.9 close with \(code)", frames: [Self.close(code)], close: 1002)
        }

    private static let limits: [Case] = [
        Case(
            name: "9 a frame over the limit",
            frames: [Frame(0x81, [UInt8](repeating: 0x61, count: 65_537))],
            close: 1009
        ),
        Case(
            name: "9 pieces over the limit",
            frames: [0x01, 0x00, 0x80].map { Frame($0, [UInt8](repeating: 0x61, count: 30_000)) },
            close: 1009
        ),
        Case(
            name: "9.5 many pieces",
            frames: Self.pieces(Self.publish(String(repeating: "*", count: 60_000)), of: 64),
            messages: [String(repeating: "*", count: 60_000)]
        ),
        Case(
            name: "10.1 pieces of 1300",
            frames: Self.pieces(Self.publish(String(repeating: "*", count: 60_000)), of: 1_300),
            messages: [String(repeating: "*", count: 60_000)]
        ),
    ]

    @Test(
        "each case, in frames as they are and byte by byte",
        arguments: [
            Self.framing, Self.pings, Self.reserved, Self.fragments, Self.text, Self.closing, Self.limits,
        ]
    )
    func cases(_ cases: [Case]) async throws {
        try await withRelay {
            $0.server.maxBodyBytes = 65_536
        } _: { relay in
            let token = try await relay.administratorToken
            for each in cases { try await self.run(each, relay, token) }
        }
    }

    private func run(_ each: Case, _ relay: TestRelay, _ token: String) async throws {
        let socket = try await TestWebSocket(relay, token: token)
        defer { socket.connection.disconnect() }
        _ = try await socket.subscribe(["t"])
        for frame in each.frames { socket.send(frame.first, ByteBuffer(bytes: frame.payload)) }
        if each.close == nil { socket.send(text: #"{"type":"ping"}"#) }
        var messages: [String] = []
        var pongs: [[UInt8]] = []
        var errors = 0
        var close: UInt16?
        var isAlive = false
        while close == nil, !(isAlive && messages.count >= each.messages.count), let frame = await socket.next() {
            switch (frame.opcode, frame.type) {
            case (8, _): close = frame.closeCode ?? 0
            case (10, _): pongs.append(Array(frame.payload.readableBytesView))
            case (_, "pong"): isAlive = true
            case (_, "error"): errors += 1
            case (_, "message"):
                let text = (frame.object["payload"] as? [String: Any])?["x"] as? String ?? ""
                // Where the store is slow, what the case before published ahead of its end may come only now.
                if each.messages.contains(text) { messages.append(text) }
            default: break
            }
        }
        #expect(close == each.close, "\(each.name)")
        // The end follows by itself: the client, which may have no sense left, does not answer.
        if each.close != nil { #expect(await socket.next() == nil, "\(each.name)") }
        #expect(pongs == each.pongs, "\(each.name)")
        #expect(errors == each.errors, "\(each.name)")
        // A message may come after the goodbye was decided on, and then does not come.
        if each.close == nil { #expect(messages == each.messages, "\(each.name)") }
    }

    @Test("a length that no buffer has, or that is not written as short as it could be, harms nothing")
    func lengths() async throws {
        try await withRelay {
            $0.server.maxBodyBytes = 65_536
        } _: { relay in
            let token = try await relay.administratorToken
            for length in [
                [0xFF] + [UInt8](repeating: 0xFF, count: 8), [0xFF, 0x80] + [UInt8](repeating: 0, count: 7),
                [0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7),
            ] {
                let socket = try await TestWebSocket(relay, token: token)
                _ = try await socket.subscribe(["t"])
                socket.connection.send(ByteBuffer(bytes: [0x81] + length + [1, 2, 3, 4]))
                let code = await socket.next()?.closeCode
                #expect(code == 1009 || code == 1002)
                socket.connection.disconnect()
            }
            let socket = try await TestWebSocket(relay, token: token)
            _ = try await socket.subscribe(["t"])
            socket.connection.send(ByteBuffer(bytes: [0x89, 0xFE, 0, 1, 0, 0, 0, 0, 0x61]))
            let answer = await socket.next()
            #expect(answer?.closeCode == 1002 || answer?.opcode == 10)
            socket.connection.disconnect()
            #expect(try await relay.send(.GET, "/health").status == 200)
        }
    }
}
