import NIOCore
import NIOEmbedded
import NIOWebSocket
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Messages in pieces")
struct WebSocketPieceTests {
    private struct Said: Equatable {
        var opcode: WebSocketOpcode
        var isFinal: Bool
        var bytes: [UInt8]
    }

    @Test("cut anywhere, frames give the same bytes and the same ends as whole", arguments: 0..<8 as Range<UInt64>)
    func cut(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var wire = ByteBuffer()
        var said: [Said] = []
        // Many short ones in the smallest pieces, and some long ones in larger.
        let isLong = seed % 2 == 0
        for _ in 0..<(isLong ? 6 : 40) {
            let frame = Self.frame(&random, isLong: isLong)
            said.append(frame)
            Self.write(frame, .random(in: 0...UInt32.max, using: &random), into: &wire)
        }
        for most in isLong ? [5_000, 65_536, .max] : [1, 2, 3, 7, 64] {
            let channel = EmbeddedChannel(handler: ByteToMessageHandler(WebSocketPieceDecoder()))
            var rest = wire
            var heard: [Said] = []
            var isInside = false
            while rest.readableBytes > 0 {
                let length = min(rest.readableBytes, Int.random(in: 1...min(most, 1 << 20), using: &random))
                let part = rest.readSlice(length: length)
                try channel.writeInbound(#require(part))
                while let frame = try channel.readInbound(as: WebSocketFrame.self) {
                    var bytes = ByteBuffer()
                    WebSocketPiece(frame.data, key: frame.maskKey).write(into: &bytes)
                    #expect(bytes == frame.unmaskedData)
                    let isControl = frame.opcode.isControlOpcode
                    if isInside, !isControl {
                        #expect(frame.opcode == .continuation)
                        heard[heard.count - 1].bytes += bytes.readableBytesView
                        heard[heard.count - 1].isFinal = frame.fin
                    } else {
                        heard.append(
                            Said(opcode: frame.opcode, isFinal: frame.fin, bytes: Array(bytes.readableBytesView))
                        )
                    }
                    // A frame that is not whole goes on with the next; the samples are told apart by their lengths.
                    if let sample = heard.indices.last, !isControl {
                        isInside = heard[sample].bytes.count < said[sample].bytes.count
                    }
                }
            }
            #expect(heard == said)
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
    }

    private static func frame(_ random: inout SeededGenerator, isLong: Bool) -> Said {
        let isControl = random.chance(25)
        let data = isLong ? [0, 126, 65_535, 65_536, 70_000] : [0, 1, 2, 125, 126, 127, 300]
        let lengths = isControl ? [0, 1, 125] : data
        let length = lengths.randomElement(using: &random) ?? 0
        return Said(
            opcode: isControl ? .ping : random.chance(50) ? .binary : .continuation,
            isFinal: isControl || random.chance(50),
            bytes: (0..<length).map { _ in .random(in: 0...255, using: &random) }
        )
    }

    private static func write(_ frame: Said, _ key: UInt32, into wire: inout ByteBuffer) {
        let opcode: UInt8 = frame.opcode == .ping ? 9 : frame.opcode == .binary ? 2 : 0
        wire.writeInteger((frame.isFinal ? 0x80 : 0) | opcode)
        switch frame.bytes.count {
        case ..<126: wire.writeInteger(0x80 | UInt8(frame.bytes.count))
        case ...0xFFFF: wire.writeMultipleIntegers(0x80 | UInt8(126), UInt16(frame.bytes.count))
        default: wire.writeMultipleIntegers(0x80 | UInt8(127), UInt64(frame.bytes.count))
        }
        wire.writeInteger(key)
        wire.writeBytes(
            frame.bytes.enumerated().map { $1 ^ UInt8(truncatingIfNeeded: key >> (24 - 8 * UInt32($0 % 4))) }
        )
    }

    @Test(
        "control frames that are no such, and lengths beyond all bounds, fail as they do elsewhere",
        arguments: [
            ([0x09, 0x80], .fragmentedControlFrame), ([0x89, 0xFE, 0, 126], .multiByteControlFrameLength),
            ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], .invalidFrameLength),
        ] as [([UInt8], NIOWebSocketError)]
    )
    func refused(head: [UInt8], error: NIOWebSocketError) throws {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(WebSocketPieceDecoder()))
        #expect(throws: error) { try channel.writeInbound(ByteBuffer(bytes: head + [1, 2, 3, 4])) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test("one binary message after another is handed on as it comes; text is not")
    func assembled() {
        var assembler = WebSocketAssembler(maxMessageBytes: 1, handsOnPieces: true)
        let data = ByteBuffer(string: "more than a message may have")
        func receive(_ opcode: WebSocketOpcode, fin: Bool) -> WebSocketAssembler.Event {
            assembler.receive(WebSocketFrame(fin: fin, opcode: opcode, maskKey: [1, 2, 3, 4], data: data))
        }
        let piece = WebSocketPiece(data, key: [1, 2, 3, 4])
        #expect(receive(.binary, fin: false) == .piece(piece, endsMessage: false))
        #expect(receive(.continuation, fin: false) == .piece(piece, endsMessage: false))
        #expect(receive(.binary, fin: true) == .violation(.protocolError, "A message began inside another"))
        #expect(receive(.continuation, fin: true) == .piece(piece, endsMessage: true))
        #expect(receive(.continuation, fin: true) == .violation(.protocolError, "A continuation of nothing"))
        #expect(receive(.text, fin: true) == .violation(.unacceptableData, "Only binary messages are taken here"))
    }

    @Test(
        "the bytes of a read go on as one frame with the shortest head",
        arguments: [1, 125, 126, 65_535, 65_536, 200_000]
    )
    func gathered(count: Int) throws {
        var frame = TunnelFrame()
        var bytes: [UInt8] = []
        #expect(frame.take() == nil)
        while bytes.count < count {
            let more = (0..<min(count - bytes.count, 9_999)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let masked = ByteBuffer(bytes: more.enumerated().map { $1 ^ [9, 8, 7, 6][$0 % 4] })
            frame.append(WebSocketPiece(masked, key: [9, 8, 7, 6]))
            bytes += more
        }
        #expect(frame.count == count)
        let whole = frame.take()
        let taken = try #require(whole)
        var expected = ByteBuffer()
        WebSocketFraming.write(.binary, ByteBuffer(bytes: bytes), into: &expected)
        #expect(taken.frame == expected && taken.count == count)
        #expect(frame.take() == nil)
    }
}
