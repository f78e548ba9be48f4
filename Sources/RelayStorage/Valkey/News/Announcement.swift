import NIOCore
import RelayCore
import RelayWire

/// What an append, a trimming or a new epoch tells on its topic's channel.
///
/// First a line with the bounds and the number of messages. Then for each message a line `id timestamp expiry length
/// length length`, with the lengths of payload, metadata and audience, and `-` for what isn't there. With a sender the last is `length+length`,
/// or `+length` where the message is for everyone. A binary payload's length has a `b` before it. An older relay can't read either, takes
/// the news for missed, and reads the messages.
/// Then those bytes, one after the other.
struct Announcement {
    fileprivate struct Head {
        let id: MessageID
        let timestamp: Timestamp
        let expiresAt: Timestamp?
        let payload: Int
        let format: PayloadFormat
        let metadata: Int?
        let audience: Int?
        let sender: Int?
    }

    /// `0-0 0 - 0 - -` and the line's end.
    private static let leastHeadBytes = 14

    /// - Parameter bytes: from anyone who may publish on the server.
    /// - Returns: nil for what no script of ours sends.
    static func growth(_ bytes: ByteBuffer) -> StreamGrowth? {
        var fields = FieldReader(bytes)
        guard let (previous, bounds) = fields.position(), let count = fields.count(),
            count <= bytes.readableBytes / self.leastHeadBytes
        else { return nil }
        var heads: [Head] = []
        heads.reserveCapacity(count)
        for _ in 0..<count {
            guard let head = fields.head() else { return nil }
            heads.append(head)
        }
        var messages: [Message] = []
        messages.reserveCapacity(count)
        for head in heads {
            guard let message = fields.message(head, isLone: count == 1) else { return nil }
            messages.append(message)
        }
        guard fields.isAtEnd, self.isInOrder(messages, after: previous, bounds) else { return nil }
        return StreamGrowth(previous: previous, messages: messages, bounds: bounds)
    }

    private static func isInOrder(_ messages: [Message], after previous: MessageID, _ bounds: StreamBounds) -> Bool {
        var last = previous
        for message in messages {
            guard message.id > last else { return false }
            last = message.id
        }
        return messages.isEmpty ? previous <= bounds.last : last == bounds.last
    }
}

extension FieldReader {
    fileprivate mutating func head() -> Announcement.Head? {
        guard let id = self.id(), let timestamp = self.moment(), let expiresAt = self.optionalMoment(),
            let (payload, isBinary) = self.countAndMark(UInt8(ascii: "b")), let metadata = self.optionalCount(),
            let last = self.countAndMore()
        else { return nil }
        return Announcement.Head(
            id: id,
            timestamp: timestamp,
            expiresAt: expiresAt,
            payload: payload,
            format: isBinary ? .binary : .json,
            metadata: metadata,
            audience: last.count,
            sender: last.more
        )
    }

    /// - Parameter isLone: then its bytes are nearly all there is, and need no copy to be rid of the rest.
    fileprivate mutating func message(_ head: Announcement.Head, isLone: Bool) -> Message? {
        guard let payload = self.bytes(head.payload, copied: !isLone) else { return nil }
        var (metadata, audience, sender) = (ByteBuffer?.none, Audience.everyone, String?.none)
        if let count = head.metadata {
            guard let bytes = self.bytes(count, copied: !isLone) else { return nil }
            metadata = bytes
        }
        if let count = head.audience {
            guard let bytes = self.bytes(count, copied: false) else { return nil }
            audience = Audience(storedText: String(buffer: bytes))
        }
        if let count = head.sender {
            guard let bytes = self.bytes(count, copied: false) else { return nil }
            sender = String(buffer: bytes)
        }
        return Message(
            id: head.id,
            timestamp: head.timestamp,
            payload: payload,
            format: head.format,
            metadata: metadata,
            expiresAt: head.expiresAt,
            audience: audience,
            sender: sender
        )
    }
}
