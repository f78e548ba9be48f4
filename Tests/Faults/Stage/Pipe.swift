import Foundation
import NIOCore
import NIOPosix
import ProgramFixture

/// A WebSocket whose frames are taken apart by hand: an end of a tunnel, or a signaling socket. Belongs to the one task that opened it.
final class Pipe {
    struct Frame {
        let opcode: UInt8
        let payload: ByteBuffer

        /// What a text is, as an object.
        var object: [String: Any] {
            let json = try? JSONSerialization.jsonObject(with: Data(self.payload.readableBytesView))
            return json as? [String: Any] ?? [:]
        }
    }

    private let channel: any Channel
    private var incoming: AsyncStream<ByteBuffer>.Iterator
    private var buffer = ByteBuffer()

    private init(_ channel: any Channel, _ incoming: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.incoming = incoming.makeAsyncIterator()
    }

    /// - Throws: where the relay makes no WebSocket of it.
    static func open(on node: Node, _ path: String, token: String? = nil) async throws -> Pipe {
        let (incoming, sink) = AsyncStream<ByteBuffer>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteInlet(sink: sink))
                }
            }
            .connect(host: "127.0.0.1", port: node.port).get()
        let pipe = Pipe(channel, incoming)
        let lines =
            [
                "GET \(path) HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + (token.map { ["Authorization: Bearer \($0)"] } ?? [])
        channel.writeAndFlush(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n"), promise: nil)
        let head = try await pipe.head()
        guard head.hasPrefix("HTTP/1.1 101") else { throw NotInTime(description: "no WebSocket: \(head)") }
        return pipe
    }

    private func fill() async -> Bool {
        guard let bytes = await self.incoming.next(isolation: #isolation) else { return false }
        self.buffer.writeImmutableBuffer(bytes)
        return true
    }

    private func head() async throws -> String {
        while true {
            if let end = self.buffer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) {
                return self.buffer.readString(length: end.upperBound - self.buffer.readerIndex) ?? ""
            }
            guard await self.fill() else { throw NotInTime(description: "the relay closed") }
        }
    }

    private func take(_ count: Int) async -> ByteBuffer? {
        while self.buffer.readableBytes < count { guard await self.fill() else { return nil } }
        return self.buffer.readSlice(length: count)
    }

    /// The next frame but pings; nil where the relay closes, or is gone.
    func next() async -> Frame? {
        while let head = await self.take(2), let bytes = head.getBytes(at: head.readerIndex, length: 2) {
            var count = Int(bytes[1])
            if count >= 126 {
                guard var long = await self.take(count == 126 ? 2 : 8) else { return nil }
                count = (0..<long.readableBytes).reduce(0) { sum, _ in sum << 8 | Int(long.readInteger() ?? UInt8(0)) }
            }
            guard let payload = await self.take(count) else { return nil }
            if bytes[0] & 0xF != 9 { return Frame(opcode: bytes[0] & 0xF, payload: payload) }
            self.send(0xA, payload)
        }
        return nil
    }

    /// The next text of this type; what comes before it is dropped. Empty where the relay closes.
    func next(_ type: String) async -> [String: Any] {
        while let frame = await self.next() { if frame.object["type"] as? String == type { return frame.object } }
        return [:]
    }

    /// The next binary message.
    func bytes() async -> String? {
        while let frame = await self.next() { if frame.opcode == 2 { return String(buffer: frame.payload) } }
        return nil
    }

    /// The close code; nil where the connection ends without one.
    func end() async -> UInt16? {
        while let frame = await self.next() {
            if frame.opcode == 8 { return frame.payload.getInteger(at: frame.payload.readerIndex) }
        }
        return nil
    }

    /// Masked by zeros, which changes nothing.
    func send(_ opcode: UInt8, _ payload: ByteBuffer) {
        var frame = ByteBuffer()
        frame.writeMultipleIntegers(0x80 | opcode, UInt8(0xFF), UInt64(payload.readableBytes), UInt32(0))
        frame.writeImmutableBuffer(payload)
        self.channel.writeAndFlush(frame, promise: nil)
    }

    func say(_ fields: [String: Any]) throws {
        self.send(1, ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: fields)))
    }

    func close() { self.channel.close(promise: nil) }
}
