import NIOCore
import RelayWire
import Testing

@Suite("A server's frames, read again")
struct WebSocketReadingTests {
    @Test("frames of all sizes and kinds come out as they were written", arguments: [0, 1, 125, 126, 65_535, 65_536])
    func roundTrip(_ size: Int) {
        var bytes = ByteBuffer()
        let payload = ByteBuffer(repeating: 3, count: size)
        WebSocketFraming.write(.binary, payload, into: &bytes)
        WebSocketFraming.write(.ping, ByteBuffer(string: "x"), into: &bytes)
        WebSocketFraming.writeClose(code: 1_001, reason: "why", into: &bytes)
        let frames = (0..<3).map { _ in WebSocketFraming.readUnmasked(&bytes) }
        #expect(frames.map(\.?.kind) == [.binary, .ping, .close])
        #expect(frames[0]?.payload == payload && frames[1]?.payload == ByteBuffer(string: "x"))
        #expect(frames[2]?.payload == ByteBuffer(bytes: [0x03, 0xE9] + Array("why".utf8)))
        let end = WebSocketFraming.readUnmasked(&bytes)
        #expect(end == nil)
    }

    @Test(
        "what is cut short or masked is none",
        arguments: [[0x82], [0x82, 5, 1], [0x82, 126, 1], [0x82, 0x81, 0], [0x83, 0]] as [[UInt8]]
    )
    func none(_ bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: bytes)
        let frame = WebSocketFraming.readUnmasked(&buffer)
        #expect(frame == nil)
    }
}
