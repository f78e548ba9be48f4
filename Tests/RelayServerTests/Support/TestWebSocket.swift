import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A WebSocket to a relay, whose client may break every rule.
final class TestWebSocket {
    /// A frame as the relay sent it.
    struct Frame {
        let opcode: UInt8
        let payload: ByteBuffer

        var text: String { String(buffer: self.payload) }

        var object: [String: Any] {
            let json = try? JSONSerialization.jsonObject(with: Data(self.text.utf8))
            return json as? [String: Any] ?? [:]
        }

        var type: String? { self.object["type"] as? String }

        /// What a close frame gives, nil in others.
        var closeCode: UInt16? {
            self.opcode == 8 ? self.payload.getInteger(at: self.payload.readerIndex) : nil
        }
    }

    static let handshake = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    let connection: RawConnection

    /// Shakes hands, which must succeed.
    convenience init(_ relay: TestRelay, token: String, reads: Bool = true) async throws {
        try await self.init(port: relay.port, "/ws", token: token, reads: reads)
    }

    /// - Parameter fields: more lines of the request's head.
    init(port: Int, _ path: String, token: String? = nil, fields: [String] = [], reads: Bool = true) async throws {
        self.connection = try await .open(port)
        self.connection.request("GET", path, token: token, headers: Self.handshake + fields)
        let head = try #require(await self.connection.head())
        try #require(head.status == 101)
        #expect(head.headers["sec-websocket-accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
        if !reads { try await self.connection.channel.setOption(.autoRead, value: false).get() }
    }

    /// Subscribes, and returns the relay's answer.
    func subscribe(_ topics: [String], offset: String? = nil, cursors: [String: String] = [:]) async throws -> Frame {
        var frame: [String: Any] = ["type": "subscribe", "topics": topics, "client_id": "test"]
        if let offset { frame["offset"] = offset }
        if !cursors.isEmpty { frame["cursors"] = cursors }
        try self.send(json: frame)
        return try #require(await self.next())
    }

    func send(json: [String: Any]) throws {
        self.send(text: String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self))
    }

    func send(text: String) {
        self.send(0x81, ByteBuffer(string: text))
    }

    /// - Parameters:
    ///   - first: the frame's first byte: `fin`, the reserved bits, the opcode.
    ///   - mask: nil sends the payload unmasked, as no client may.
    func send(_ first: UInt8, _ payload: ByteBuffer, mask: [UInt8]? = [1, 2, 3, 4]) {
        var frame = ByteBuffer()
        frame.writeInteger(first)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        let count = payload.readableBytes
        if count < 126 {
            frame.writeInteger(maskBit | UInt8(count))
        } else if count <= UInt16.max {
            frame.writeInteger(maskBit | 126)
            frame.writeInteger(UInt16(count))
        } else {
            frame.writeInteger(maskBit | 127)
            frame.writeInteger(UInt64(count))
        }
        if let mask {
            frame.writeBytes(mask)
            frame.writeBytes(payload.readableBytesView.enumerated().map { $1 ^ mask[$0 % 4] })
        } else {
            frame.writeImmutableBuffer(payload)
        }
        self.connection.send(frame)
    }

    /// The next frame but pings, which come whenever a test takes long, and are answered; nil where the relay closes the connection.
    func next() async -> Frame? {
        while let frame = await self.read() {
            guard frame.opcode == 9 else { return frame }
            self.send(0x8A, frame.payload)
        }
        return nil
    }

    private func read() async -> Frame? {
        guard let head = await self.connection.take(2), let bytes = head.getBytes(at: head.readerIndex, length: 2)
        else { return nil }
        var count = Int(bytes[1])
        if count >= 126 {
            guard var long = await self.connection.take(count == 126 ? 2 : 8) else { return nil }
            count =
                long.readableBytes == 2
                ? long.readInteger(as: UInt16.self).map(Int.init) ?? 0 : Int(long.readInteger(as: UInt64.self) ?? 0)
        }
        guard let payload = await self.connection.take(count) else { return nil }
        return Frame(opcode: bytes[0] & 0xF, payload: payload)
    }

    /// The next frame of this type; what comes before it is dropped.
    func next(_ type: String) async -> Frame? {
        while let frame = await self.next() { if frame.type == type { return frame } }
        return nil
    }

    /// What comes until the relay closes the connection.
    func untilClosed() async -> [Frame] {
        var frames: [Frame] = []
        while let frame = await self.next() { frames.append(frame) }
        return frames
    }
}
