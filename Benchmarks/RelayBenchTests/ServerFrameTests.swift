import NIOCore
import Testing

@testable import relay_bench

@Suite struct ServerFrameTests {
    private static func frame(payloadBytes: Int) -> ByteBuffer {
        var bytes = ByteBuffer(bytes: [0x81])
        switch payloadBytes {
        case ..<126:
            bytes.writeInteger(UInt8(payloadBytes))
        case ..<65536:
            bytes.writeInteger(UInt8(126))
            bytes.writeInteger(UInt16(payloadBytes))
        default:
            bytes.writeInteger(UInt8(127))
            bytes.writeInteger(UInt64(payloadBytes))
        }
        bytes.writeRepeatingByte(0x78, count: payloadBytes)
        return bytes
    }

    @Test("A frame is read whole with each form of its length", arguments: [0, 125, 126, 65535, 65536])
    func readsWhole(payloadBytes: Int) throws {
        var bytes = Self.frame(payloadBytes: payloadBytes)
        bytes.writeInteger(UInt8(0x89))
        let frame = try #require(ServerFrame.read(from: &bytes))
        #expect(frame.opcode == .text)
        #expect(frame.payload.readableBytes == payloadBytes)
        #expect(bytes.readableBytes == 1)
    }

    @Test("No prefix of a frame is taken for a frame, and none is consumed", arguments: [0, 3, 126])
    func waitsForTheRest(payloadBytes: Int) {
        let whole = Self.frame(payloadBytes: payloadBytes)
        for length in 0..<whole.readableBytes {
            var prefix = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(ServerFrame.read(from: &prefix) == nil)
            #expect(prefix.readableBytes == length)
        }
    }

    @Test("A client's frame is final and masked")
    func masks() {
        let frame = ClientFrame.text("Hello")
        #expect(Array(frame.readableBytesView) == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }
}
