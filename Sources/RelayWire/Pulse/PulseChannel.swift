/// Which topic a channel of Pulse's is, and back. Each channel is one topic, and no two are the same.
///
/// A channel that has the name of a plain topic is that topic. All others are `pulse/` and the channel's name, in which letters and digits
/// stay as they are, and each other byte is `_` and two hexadecimal digits: `chat:room` is `pulse/chat_3aroom`.
public enum PulseChannel {
    /// Of a channel's name. In bytes.
    public static let maximumLength = 256

    /// 1 to 256 bytes, which are printable ASCII or spaces; the first is no `$`.
    public static func isLegal(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...self.maximumLength).contains(bytes.count), bytes.first != UInt8(ascii: "$") else { return false }
        return bytes.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Whether a channel's name says that its subscribers want to know who is there: it begins with `presence:`.
    public static func wantsPresence(_ name: String) -> Bool { name.utf8.starts(with: "presence:".utf8) }

    /// - Returns: nil where no channel has that name.
    public static func topic(ofChannel channel: String) -> String? {
        guard self.isLegal(channel) else { return nil }
        if TopicNaming.plain.allows(channel) { return channel }
        var topic = Array(TopicNaming.channelPrefix.utf8)
        topic.reserveCapacity(TopicNaming.maximumChannelLength)
        for byte in channel.utf8 {
            if self.isAlphanumeric(byte) {
                topic.append(byte)
            } else {
                topic.append(UInt8(ascii: "_"))
                topic.append(contentsOf: String(hexadecimal: CollectionOfOne(byte)).utf8)
            }
        }
        return String(decoding: topic, as: UTF8.self)
    }

    /// - Returns: nil where no channel is that topic.
    public static func channel(ofTopic topic: String) -> String? {
        if TopicNaming.plain.allows(topic) { return topic }
        guard TopicNaming.isChannel(topic.utf8), topic.utf8.count <= TopicNaming.maximumChannelLength else {
            return nil
        }
        var channel: [UInt8] = []
        var rest = Substring(topic).utf8.dropFirst(TopicNaming.channelPrefix.utf8.count)
        while let byte = rest.popFirst() {
            if self.isAlphanumeric(byte) {
                channel.append(byte)
            } else {
                guard byte == UInt8(ascii: "_"), let code = Hexadecimal.bytes(rest.prefix(2), capitals: false)?.first
                else { return nil }
                channel.append(code)
                rest = rest.dropFirst(2)
            }
        }
        let name = String(decoding: channel, as: UTF8.self)
        // Other texts stand for a channel, too, that is another topic.
        return self.topic(ofChannel: name) == topic ? name : nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
