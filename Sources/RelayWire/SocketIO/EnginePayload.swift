public import NIOCore

/// The bodies of Engine.IO's polling transport: packets with a record separator between them. Bytes are in base64, behind a `b`.
public enum EnginePayload {
    /// Packets in one body of a client's.
    public static let maxPackets = 1_024

    private static let separator: UInt8 = 0x1E
    private static let binaryMark = UInt8(ascii: "b")

    /// Reads a body, which shares its bytes with the packets that are text.
    ///
    /// - Throws: `malformedPacket`, `malformedBase64`, `tooManyPackets`.
    public static func packets(in body: ByteBuffer) throws(SocketIOError) -> [EnginePacket] {
        var packets: [EnginePacket] = []
        var rest = body
        while true {
            let size = rest.readableBytesView.firstIndex(of: self.separator).map { $0 - rest.readerIndex }
            guard packets.count < self.maxPackets, let part = rest.readSlice(length: size ?? rest.readableBytes) else {
                throw .tooManyPackets
            }
            packets.append(try self.packet(part))
            guard size != nil else { return packets }
            rest.moveReaderIndex(forwardBy: 1)
        }
    }

    private static func packet(_ part: ByteBuffer) throws(SocketIOError) -> EnginePacket {
        guard part.getInteger(at: part.readerIndex) == self.binaryMark else { return try EnginePacket(text: part) }
        var text = part
        text.moveReaderIndex(forwardBy: 1)
        guard let bytes = Base64.bytes(text) else { throw .malformedBase64 }
        return EnginePacket(binary: bytes)
    }

    /// Adds a packet to a body.
    public static func write(_ packet: EnginePacket, into body: inout ByteBuffer) {
        if body.readableBytes > 0 { body.writeInteger(self.separator) }
        if packet.isBinary {
            body.writeInteger(self.binaryMark)
            let bytes = packet.payload
            body.writeWithOutputRawSpan(minimumWritableBytes: Base64.textSize(of: bytes.readableBytes)) {
                $0.append(base64: bytes.readableBytesUInt8Span)
            }
        } else {
            body.writeInteger(packet.type.digit)
            body.writeImmutableBuffer(packet.payload)
        }
    }

    /// How many bytes ``write(_:into:)`` adds, with the separator.
    public static func size(of packet: EnginePacket) -> Int {
        let size = packet.payload.readableBytes
        return packet.isBinary ? 2 + Base64.textSize(of: size) : 2 + size
    }
}
