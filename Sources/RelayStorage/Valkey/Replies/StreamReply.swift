import NIOCore
import RelayCore
import RelayValkey
import RelayWire

/// Reads what the scripts of a stream answer.
enum StreamReply {
    /// - Returns: no bounds for a stream of which nothing is known.
    static func bounds(_ reply: ValkeyReply) throws(StoreError) -> StreamBounds {
        if reply.isNull { return StreamBounds() }
        guard let buffer = reply.buffer else { throw .unexpected("no bounds") }
        var fields = FieldReader(buffer)
        guard let position = fields.position() else { throw .unexpected("no bounds") }
        return position.bounds
    }

    /// Of an entry of a stream, as `XRANGE` gives it.
    static func id(_ entry: ValkeyReply) throws(StoreError) -> MessageID {
        guard let text = entry.array?.first?.buffer else { throw .unexpected("no stream entry") }
        var reader = FieldReader(text)
        guard let id = reader.id() else { throw .unexpected("no stream entry") }
        return id
    }

    /// An entry whose id is known.
    ///
    /// - Throws: `corrupt` where it is no message.
    static func message(_ id: MessageID, _ entry: ValkeyReply) throws(StoreError) -> Message {
        guard let pair = entry.array, pair.count == 2, let fields = pair[1].array, fields.count.isMultiple(of: 2) else {
            throw .unexpected("no stream entry")
        }
        var parts = Parts()
        for index in stride(from: 0, to: fields.count, by: 2) {
            guard let name = fields[index].buffer?.readableBytesView.first, let value = fields[index + 1].buffer else {
                throw .unexpected("no field")
            }
            parts.take(name, value)
        }
        guard let message = parts.message(id) else { throw StoreError(.corrupt, "the message is not whole") }
        return message
    }

    private struct Parts {
        private var payload: ByteBuffer?
        private var format = PayloadFormat.json
        private var isSnapshot = false
        private var timestamp: Timestamp?
        private var metadata: ByteBuffer?
        private var expiresAt: Timestamp?
        private var audience = Audience.everyone
        private var sender: String?

        mutating func take(_ name: UInt8, _ value: ByteBuffer) {
            var reader = FieldReader(value)
            switch name {
            case UInt8(ascii: "p"): self.payload = value
            case UInt8(ascii: "t"): self.timestamp = reader.moment()
            case UInt8(ascii: "m"): self.metadata = value
            case UInt8(ascii: "x"): self.expiresAt = reader.moment()
            case UInt8(ascii: "a"): self.audience = Audience(storedText: String(buffer: value))
            case UInt8(ascii: "s"): self.sender = String(buffer: value)
            case UInt8(ascii: "b"): self.format = .binary
            case UInt8(ascii: "z"): self.isSnapshot = true
            default: break
            }
        }

        func message(_ id: MessageID) -> Message? {
            guard let payload = self.payload, let timestamp = self.timestamp else { return nil }
            return Message(
                id: id,
                timestamp: timestamp,
                payload: payload,
                format: self.format,
                metadata: self.metadata,
                expiresAt: self.expiresAt,
                audience: self.audience,
                sender: self.sender,
                isSnapshot: self.isSnapshot
            )
        }
    }
}
