import NIOCore
import NIOWebSocket
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Frames to messages")
struct WebSocketAssemblerTests {
    private static func frame(
        _ opcode: WebSocketOpcode,
        _ text: String = "",
        fin: Bool = true,
        masked: Bool = true
    ) -> WebSocketFrame {
        WebSocketFrame(fin: fin, opcode: opcode, maskKey: masked ? [0, 0, 0, 0] : nil, data: ByteBuffer(string: text))
    }

    private static func close(_ bytes: [UInt8]) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: [0, 0, 0, 0], data: ByteBuffer(bytes: bytes))
    }

    @Test("whole messages, pieces with control frames between them, and closes")
    func wellFormed() {
        var assembler = WebSocketAssembler(maxMessageBytes: 10)
        #expect(assembler.receive(Self.frame(.text, "whole")) == .text(ByteBuffer(string: "whole")))
        #expect(assembler.receive(Self.frame(.text, "ab", fin: false)) == .incomplete)
        #expect(assembler.receive(Self.frame(.ping, "p")) == .ping(ByteBuffer(string: "p")))
        #expect(assembler.receive(Self.frame(.continuation, "", fin: false)) == .incomplete)
        #expect(assembler.receive(Self.frame(.pong)) == .pong)
        #expect(assembler.receive(Self.frame(.continuation, "cdefghij")) == .text(ByteBuffer(string: "abcdefghij")))
        #expect(assembler.receive(Self.frame(.binary, "x")) == .binary(ByteBuffer(string: "x")))
        #expect(assembler.receive(Self.close([])) == .close(nil))
        #expect(assembler.receive(Self.close([0x03, 0xE8])) == .close(1_000))
    }

    @Test("what no client may send is a violation, with its code")
    func violations() {
        var reserved = Self.frame(.text, "a")
        reserved.rsv2 = true
        let table: [([WebSocketFrame], WebSocketErrorCode)] = [
            ([reserved], .protocolError),
            ([Self.frame(.text, "a", masked: false)], .protocolError),
            ([Self.frame(.init(encodedWebSocketOpcode: 3) ?? .pong, "a")], .protocolError),
            ([Self.frame(.continuation, "a")], .protocolError),
            ([Self.frame(.text, "a", fin: false), Self.frame(.text, "b")], .protocolError),
            ([Self.frame(.text, "a", fin: false), Self.frame(.binary, "b")], .protocolError),
            ([Self.frame(.ping, "a", fin: false)], .protocolError),
            ([Self.frame(.ping, String(repeating: "a", count: 126))], .protocolError),
            ([Self.frame(.text, "elevenbytes")], .messageTooLarge),
            ([Self.frame(.text, "tenbytes..", fin: false), Self.frame(.continuation, "1")], .messageTooLarge),
            ([Self.close([3])], .protocolError), ([Self.close([0x03, 0xED])], .protocolError),
            ([Self.close([0, 0])], .protocolError), ([Self.close([0x03, 0xE8, 0xFF])], .dataInconsistentWithMessage),
        ]
        for (index, (frames, code)) in table.enumerated() {
            var assembler = WebSocketAssembler(maxMessageBytes: 10)
            let last = frames.map { assembler.receive($0) }.last
            guard case .violation(code, _) = last else {
                Issue.record("row \(index): \(String(describing: last))")
                continue
            }
        }
    }

    @Test("any cut of any message gives it back whole", arguments: [1, 2, 3, 4] as [UInt64])
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var assembler = WebSocketAssembler(maxMessageBytes: 200)
        for _ in 0..<300 {
            let characters: [Unicode.Scalar] = ["a", "\u{e9}", "\u{20ac}", "\u{1f600}"]
            var text = ""
            for _ in 0..<Int.random(in: 0...50, using: &random) {
                text.unicodeScalars.append(characters.randomElement(using: &random) ?? "a")
            }
            let bytes = Array(text.utf8)
            var rest = ByteBuffer(bytes: bytes)
            var isFirst = true
            while true {
                let piece = rest.readSlice(length: Int.random(in: 0...rest.readableBytes, using: &random)) ?? rest
                var frame = WebSocketFrame(
                    fin: rest.readableBytes == 0,
                    opcode: isFirst ? .text : .continuation,
                    maskKey: .random(),
                    data: piece
                )
                if let key = frame.maskKey { frame.data.webSocketMask(key) }
                let event = assembler.receive(frame)
                isFirst = false
                if frame.fin {
                    #expect(event == .text(ByteBuffer(bytes: bytes)))
                    break
                }
                #expect(event == .incomplete)
                if random.chance(20) { #expect(assembler.receive(Self.frame(.pong)) == .pong) }
            }
        }
    }
}
