import NIOCore
public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore: NodeStore {
    public func announceNode(_ announcement: NodeAnnouncement) async throws(StoreError) {
        let value = Array("\(announcement.saidAt.microseconds) ".utf8) + announcement.facts
        _ = try await self.send("HSET", self.layout.nodes, .init(announcement.id), .init(ByteBuffer(bytes: value)))
    }

    public func nodes(since moment: Timestamp) async throws(StoreError) -> [NodeAnnouncement] {
        let fields = (try await self.send("HGETALL", self.layout.nodes)).array ?? []
        var known: [NodeAnnouncement] = []
        for place in stride(from: 0, to: fields.count - 1, by: 2) {
            guard let id = fields[place].text else { continue }
            // What can't be read is nobody's last word.
            if let announcement = NodeAnnouncement(id, fields[place + 1]), announcement.saidAt >= moment {
                known.append(announcement)
            } else {
                _ = try await self.send("HDEL", self.layout.nodes, .init(id))
            }
        }
        return known.sorted { ExactText($0.id) < ExactText($1.id) }
    }

    public func forgetNode(_ id: String) async throws(StoreError) {
        _ = try await self.send("HDEL", self.layout.nodes, .init(id))
    }
}

extension NodeAnnouncement {
    /// - Returns: nil where the value was written by something else.
    fileprivate init?(_ id: String, _ value: ValkeyReply) {
        guard let text = value.text, let blank = text.utf8.firstIndex(of: UInt8(ascii: " ")),
            let moment = Int64(text[..<blank])
        else { return nil }
        self.init(
            id: id,
            saidAt: Timestamp(microseconds: moment),
            facts: Array(text[blank...].utf8.dropFirst())
        )
    }
}
