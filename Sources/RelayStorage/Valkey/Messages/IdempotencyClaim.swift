import RelayCore
import RelayValkey
import RelayWire

/// Which topic a mark's message goes to. How at most one message is ever stored for a mark, though topics lie in several slots:
///
/// A claim names one topic and has a version, which grows whenever the claim is given away. A topic's append stores a
/// marked draft together with its mark, unless the mark has a tombstone of that version or a later one. To take a
/// claim from a topic, one step looks for the topic's mark and, where there is none, puts a tombstone of the claim's
/// version in its place. So an append under the old version that comes late finds the tombstone, and one that came
/// early was found. Each version belongs to one topic.
///
/// The topic of a claim usually stores its message at once, so another waits a little before it takes the claim away.
struct IdempotencyClaim {
    let version: Int64
    let topic: TopicKey

    /// `<version> <topic>`, as it is stored.
    let text: String

    init(version: Int64, topic: TopicKey) {
        self.version = version
        self.topic = topic
        self.text = "\(version) \(topic)"
    }

    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let version = Int64(parts[0]) else { return nil }
        self.init(version: version, topic: TopicKey(storedText: String(parts[1])))
    }
}

/// What is stored under a mark in its topic's slot.
enum StoredMark {
    /// A message was stored. `m <id> <timestamp> <total> <expiry>`
    case message(id: MessageID, timestamp: Timestamp, total: Int, expiresAt: Timestamp)
    /// A claim of this version or an earlier one stores nothing here. `t <version> <expiry>`
    case tombstone(version: Int64)

    init?(_ reply: ValkeyReply) {
        guard let buffer = reply.buffer else { return nil }
        var fields = FieldReader(buffer)
        switch fields.text() {
        case "m":
            guard let id = fields.id(), let timestamp = fields.moment(), let total = fields.count(),
                let expiresAt = fields.moment()
            else { return nil }
            self = .message(id: id, timestamp: timestamp, total: total, expiresAt: expiresAt)
        case "t":
            guard let version = fields.count() else { return nil }
            self = .tombstone(version: Int64(version))
        default: return nil
        }
    }
}

extension IdempotencyMark {
    /// How long the server keeps it. Whether it counts is decided by its expiry alone, so this is longer: relays' clocks differ.
    func millisecondsToLive(from now: Timestamp) -> Int64 {
        let (span, overflowed) = self.expiresAt.microseconds.subtractingReportingOverflow(now.microseconds)
        return min(max(0, overflowed ? .max : span) / 1000, 1 << 40) + 60_000
    }
}
