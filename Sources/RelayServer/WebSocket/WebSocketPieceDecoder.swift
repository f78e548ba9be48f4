import NIOCore
import NIOWebSocket

/// Reads a client's frames, and hands on those with data in pieces, as they come: each piece is a frame of its own, a fragment of the same
/// message. So a message is never held, however long it is, and may have any length.
///
/// Stands where `WebSocketFrameDecoder` does for dialects that take whole messages, and fails with the same errors. It keeps a head in
/// pieces, too: a read that follows the beginning of a head is not copied behind it.
struct WebSocketPieceDecoder: ByteToMessageDecoder {
    typealias InboundOut = WebSocketFrame

    private var head = WebSocketFrameHead()
    /// How much of the current frame's data is still to come; nil before its head is complete.
    private var missing: Int?
    private var hasBegun = false

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard try self.readHead(&buffer), let missing = self.missing else { return .needMoreData }
        let isWhole = buffer.readableBytes >= missing
        guard isWhole || !self.head.isControl && buffer.readableBytes > 0,
            let data = buffer.readSlice(length: min(missing, buffer.readableBytes))
        else { return .needMoreData }
        let piece = WebSocketFrame(
            fin: self.head.isFinal && isWhole,
            rsv1: self.head.first & 0x40 != 0,
            rsv2: self.head.first & 0x20 != 0,
            rsv3: self.head.first & 0x10 != 0,
            opcode: self.hasBegun ? .continuation : self.head.opcode,
            maskKey: self.head.maskingKey,
            data: data
        )
        if isWhole {
            self.head = WebSocketFrameHead()
            self.missing = nil
            self.hasBegun = false
        } else {
            self.head.turnKey(by: data.readableBytes)
            self.missing = missing - data.readableBytes
            self.hasBegun = true
        }
        context.fireChannelRead(Self.wrapInboundOut(piece))
        return .continue
    }

    /// - Returns: false while the head is not there whole.
    private mutating func readHead(_ buffer: inout ByteBuffer) throws(NIOWebSocketError) -> Bool {
        while self.missing == nil {
            guard let byte: UInt8 = buffer.readInteger() else { return false }
            self.missing = try self.head.take(byte)
        }
        return true
    }

    /// A frame that is cut short by the end of the connection is nobody's.
    mutating func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState {
        try self.decode(context: context, buffer: &buffer)
    }
}

/// What comes before a frame's data (RFC 6455, 5.2), read byte by byte.
private struct WebSocketFrameHead {
    private(set) var first: UInt8 = 0
    private var taken = 0
    /// Of the head, as far as it is known.
    private var size = 2
    private var length: UInt64 = 0
    private var key: UInt32?

    var isFinal: Bool { self.first & 0x80 != 0 }
    var isControl: Bool { self.first & 0x08 != 0 }
    var opcode: WebSocketOpcode { WebSocketOpcode(encodedWebSocketOpcode: self.first & 0x0F) ?? .continuation }

    /// - Returns: the length of the data, once the head is complete.
    mutating func take(_ byte: UInt8) throws(NIOWebSocketError) -> Int? {
        defer { self.taken += 1 }
        switch self.taken {
        case 0: self.first = byte
        case 1: self.takeLength(byte)
        default: self.takeMore(byte)
        }
        guard self.taken + 1 == self.size else { return nil }
        guard self.length <= UInt64(Int.max) else { throw .invalidFrameLength }
        if self.isControl, !self.isFinal { throw .fragmentedControlFrame }
        if self.isControl, self.length > 125 { throw .multiByteControlFrameLength }
        return Int(self.length)
    }

    private mutating func takeLength(_ byte: UInt8) {
        switch byte & 0x7F {
        case 126: self.size += 2
        case 127: self.size += 8
        case let length: self.length = UInt64(length)
        }
        if byte & 0x80 != 0 {
            self.size += 4
            self.key = 0
        }
    }

    private mutating func takeMore(_ byte: UInt8) {
        if let key = self.key, self.taken >= self.size - 4 {
            self.key = key << 8 | UInt32(byte)
        } else {
            self.length = self.length << 8 | UInt64(byte)
        }
    }

    var maskingKey: WebSocketMaskingKey? {
        self.key.map { key in
            [
                UInt8(truncatingIfNeeded: key >> 24), UInt8(truncatingIfNeeded: key >> 16),
                UInt8(truncatingIfNeeded: key >> 8), UInt8(truncatingIfNeeded: key),
            ]
        }
    }

    /// So many bytes of the data are behind.
    mutating func turnKey(by count: Int) {
        guard let key = self.key else { return }
        let bits = UInt32(count % 4) * 8
        self.key = bits == 0 ? key : key << bits | key >> (32 - bits)
    }
}
