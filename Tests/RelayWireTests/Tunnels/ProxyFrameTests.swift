import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Binary proxy frames")
struct ProxyFrameTests {
    /// Session `s1`, peer `bob`, sequence 258, data `hi`.
    private static let golden: [UInt8] = [
        2, 0x73, 0x31, 3, 0x62, 0x6F, 0x62, 0, 0, 0, 0, 0, 0, 1, 2, 0x68, 0x69,
    ]

    @Test("have the layout that the contract draws")
    func layout() throws {
        let frame = try ProxyFrame(ByteBuffer(bytes: Self.golden), maxData: 2)
        #expect(frame.session == ByteBuffer(string: "s1"))
        #expect(frame.peer == ByteBuffer(string: "bob"))
        #expect(frame.sequence == 258)
        #expect(frame.data == ByteBuffer(string: "hi"))
        #expect(!frame.isEnd)
        #expect(try ProxyFrame(ByteBuffer(bytes: Self.golden.dropLast(2)), maxData: 0).isEnd)
    }

    @Test("are delivered with their source for their destination, and the same data")
    func head() throws {
        let frame = try ProxyFrame(ByteBuffer(bytes: Self.golden), maxData: 2)
        var delivered = ByteBuffer()
        ProxyFrame.writeHead(
            session: frame.session,
            peer: ByteBuffer(string: "al"),
            sequence: frame.sequence,
            into: &delivered
        )
        #expect(delivered.readableBytes == ProxyFrame.headSize(session: 2, peer: 2))
        delivered.writeImmutableBuffer(frame.data)
        #expect(Array(delivered.readableBytesView) == [2, 0x73, 0x31, 2, 0x61, 0x6C] + Self.golden.suffix(10))
    }

    @Test("are masked where the relay is the other relay's client: these bytes, of which the mask is four")
    func masked() {
        var frame = ByteBuffer()
        WebSocketFraming.write(.binary, ByteBuffer(bytes: Self.golden), maskedBy: 0x0102_0304, into: &frame)
        let mask: [UInt8] = [1, 2, 3, 4]
        let payload: [UInt8] = [
            3, 0x71, 0x32, 7, 0x63, 0x6D, 0x61, 4, 1, 2, 3, 4, 1, 3, 1, 0x6C, 0x68,
        ]
        #expect(Array(frame.readableBytesView) == [0x82, 0x80 | 17] + mask + payload)
        #expect(zip(payload, Self.golden).enumerated().allSatisfy { $1.0 == $1.1 ^ mask[$0 % 4] })
    }

    @Test("are not masked where the relay is the server: these bytes")
    func unmasked() {
        var frame = ByteBuffer()
        WebSocketFraming.write(.binary, ByteBuffer(bytes: Self.golden), into: &frame)
        #expect(Array(frame.readableBytesView) == [0x82, 17] + Self.golden)
    }

    @Test("cut short at any length are refused, until they have all but their data")
    func truncated() {
        for length in 0..<Self.golden.count {
            let message = ByteBuffer(bytes: Self.golden.prefix(length))
            if length < Self.golden.count - 2 {
                #expect(throws: ProxyFrameError.truncated) { try ProxyFrame(message, maxData: 2) }
            } else {
                #expect(throws: Never.self) { try ProxyFrame(message, maxData: 2) }
            }
        }
    }

    @Test("are refused with an empty id, an id that is no text, or too much data")
    func refused() {
        #expect(throws: ProxyFrameError.emptyID) { try ProxyFrame(ByteBuffer(bytes: [0, 1, 0x61]), maxData: 9) }
        #expect(throws: ProxyFrameError.emptyID) { try ProxyFrame(ByteBuffer(bytes: [1, 0x61, 0]), maxData: 9) }
        for cut: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
            let message = ByteBuffer(bytes: [UInt8(cut.count)] + cut + [1, 0x61] + Array(repeating: 0, count: 8))
            #expect(throws: ProxyFrameError.idIsNotText) { try ProxyFrame(message, maxData: 9) }
        }
        #expect(throws: ProxyFrameError.dataTooLong) {
            try ProxyFrame(ByteBuffer(bytes: Self.golden), maxData: 1)
        }
    }

    @Test(
        "with ids of 255 bytes go there and back, wherever they lie in a buffer",
        arguments: [1, 2, 127, 128, 254, 255]
    )
    func longIDs(length: Int) throws {
        let id = ByteBuffer(repeating: 0x7A, count: length)
        var message = ByteBuffer(string: "before")
        message.moveReaderIndex(forwardBy: 6)
        ProxyFrame.writeHead(session: id, peer: id, sequence: .max, into: &message)
        #expect(message.readableBytes == ProxyFrame.headSize(session: length, peer: length))
        let frame = try ProxyFrame(message, maxData: 0)
        #expect(frame.session == id && frame.peer == id && frame.sequence == .max && frame.isEnd)
    }

    @Test("of any bytes at all are refused, or are what they would be written as", arguments: 0..<8 as Range<UInt64>)
    func fuzzed(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<4_000 {
            var bytes = Self.golden
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
                default: bytes.remove(at: place)
                }
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count + 8, using: &random)))
            guard let frame = try? ProxyFrame(ByteBuffer(bytes: bytes), maxData: 64) else { continue }
            accepted += 1
            var again = ByteBuffer()
            ProxyFrame.writeHead(session: frame.session, peer: frame.peer, sequence: frame.sequence, into: &again)
            again.writeImmutableBuffer(frame.data)
            #expect(Array(again.readableBytesView) == bytes)
        }
        #expect(accepted > 100)
    }
}
