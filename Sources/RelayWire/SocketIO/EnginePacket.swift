public import NIOCore

/// The types of Engine.IO 4's packets.
public enum EnginePacketType: UInt8, Hashable, Sendable, CaseIterable {
    /// Server to client: the session's id, and what holds for it.
    case open = 0
    case close = 1
    case ping = 2
    case pong = 3
    case message = 4
    /// Client to server: the WebSocket takes over.
    case upgrade = 5
    /// Ends a poll that has nothing to say.
    case noop = 6

    /// The digit that stands in front of a packet.
    var digit: UInt8 { UInt8(ascii: "0") + self.rawValue }
}

/// A packet of Engine.IO 4: what Socket.IO's own packets travel in.
public struct EnginePacket: Hashable, Sendable {
    public let type: EnginePacketType
    public let payload: ByteBuffer
    /// Whether the payload is bytes. Only a message's can be; all others are text.
    public let isBinary: Bool

    public init(_ type: EnginePacketType, _ payload: ByteBuffer = ByteBuffer()) {
        self.type = type
        self.payload = payload
        self.isBinary = false
    }

    /// A message that is bytes.
    public init(binary payload: ByteBuffer) {
        self.type = .message
        self.payload = payload
        self.isBinary = true
    }

    /// Reads a packet that is text: a WebSocket's text message, or a part of a polling body.
    ///
    /// - Throws: `malformedPacket`.
    public init(text: ByteBuffer) throws(SocketIOError) {
        var rest = text
        guard let digit: UInt8 = rest.readInteger(), digit >= UInt8(ascii: "0"),
            let type = EnginePacketType(rawValue: digit - UInt8(ascii: "0"))
        else { throw .malformedPacket }
        self.init(type, rest.slice())
    }

    /// The packet as a WebSocket's frame: of text, or of binary without anything in front.
    public var frame: ByteBuffer {
        var frame = self.frameHead(reserving: self.payload.readableBytes)
        frame.writeImmutableBuffer(self.payload)
        return frame
    }

    /// What stands in front of the payload in such a frame, for a payload that many frames share.
    public var frameHead: ByteBuffer { self.frameHead(reserving: 0) }

    private func frameHead(reserving more: Int) -> ByteBuffer {
        let size = self.payload.readableBytes + (self.isBinary ? 0 : 1)
        var head = ByteBuffer()
        head.reserveCapacity(WebSocketFraming.headerSize(payloadSize: size) + 1 + more)
        WebSocketFraming.writeHeader(self.isBinary ? .binary : .text, payloadSize: size, into: &head)
        if !self.isBinary { head.writeInteger(self.type.digit) }
        return head
    }
}
