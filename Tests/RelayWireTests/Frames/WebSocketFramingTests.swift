import NIOCore
import RelayWire
import Testing

@Suite("WebSocket framing")
struct WebSocketFramingTests {
    @Test(
        "uses the shortest length there is",
        arguments: [
            (0, [0x82, 0]), (125, [0x82, 125]), (126, [0x82, 126, 0, 126]), (65535, [0x82, 126, 0xFF, 0xFF]),
            (65536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), (1 << 33, [0x82, 127, 0, 0, 0, 2, 0, 0, 0, 0]),
        ] as [(Int, [UInt8])]
    )
    func headers(size: Int, header: [UInt8]) {
        var buffer = ByteBuffer()
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &buffer)
        #expect(Array(buffer.readableBytesView) == header)
        #expect(WebSocketFraming.headerSize(payloadSize: size) == header.count)
    }

    @Test(
        "writes pings and pongs of at most 125 bytes",
        arguments: [
            (WebSocketFraming.Kind.ping, 0x89), (.pong, 0x8A),
        ] as [(WebSocketFraming.Kind, UInt8)]
    )
    func control(kind: WebSocketFraming.Kind, first: UInt8) {
        var buffer = ByteBuffer()
        WebSocketFraming.write(kind, ByteBuffer(string: "hi"), into: &buffer)
        #expect(Array(buffer.readableBytesView) == [first, 2, 0x68, 0x69])
        buffer.clear()
        WebSocketFraming.write(kind, ByteBuffer(repeating: 1, count: 200), into: &buffer)
        #expect(buffer.readableBytes == 127)
    }

    @Test("writes a text of any length")
    func text() {
        var buffer = ByteBuffer()
        WebSocketFraming.write(.text, ByteBuffer(repeating: 0x61, count: 300), into: &buffer)
        #expect(buffer.readableBytes == 304)
        #expect(Array(buffer.readableBytesView.prefix(5)) == [0x81, 126, 1, 44, 0x61])
    }

    @Test("writes a close with its code, and cuts the reason at a whole character")
    func close() {
        var buffer = ByteBuffer()
        WebSocketFraming.writeClose(code: 1001, reason: "bye", into: &buffer)
        #expect(Array(buffer.readableBytesView) == [0x88, 5, 0x03, 0xE9, 0x62, 0x79, 0x65])
        buffer.clear()
        WebSocketFraming.writeClose(code: 1008, reason: String(repeating: "é", count: 100), into: &buffer)
        #expect(Array(buffer.readableBytesView.prefix(2)) == [0x88, 124])
        buffer.moveReaderIndex(forwardBy: 4)
        #expect(buffer.text == String(repeating: "é", count: 61))
    }
}
