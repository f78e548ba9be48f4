import NIOCore
import RelayCore
import RelayWire

/// How presence is kept: of each peer the newest cursor, and the newest of everything else it says of itself, for as long as it is in the
/// roster. What names a peer is told to that peer, and is over after ``SessionTopic/hotSeconds``. Besides, relays have the newest of their
/// ``PathNews`` here.
enum PresenceTopic {
    private static let cursor = "cursor_update"
    private static let update = "presence_update"

    static let compaction = StreamCompaction { sender, audience, payload in
        guard let sender else { return PathNews.key(sender, audience, payload) }
        guard Self.isKept(audience, of: sender) else { return nil }
        return Self.key(of: sender, isCursor: Self.isCursor(payload))
    }

    /// What a peer tells itself replaces what it told all: so presence is taken back, as ``farewells(of:at:)`` does.
    private static func isKept(_ audience: Audience, of sender: String) -> Bool {
        switch audience {
        case .everyone, .others: true
        case .one(let name): name.isExactly(sender)
        }
    }

    private static func key(of sender: String, isCursor: Bool) -> String {
        (isCursor ? "c/" : "p/") + sender
    }

    private static func isCursor(_ payload: ByteBuffer) -> Bool {
        var scanner = JSONScanner(payload)
        do {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                if scanner.text(of: name, is: "type") { return scanner.text(of: value) == Self.cursor }
            }
        } catch {}
        return false
    }

    /// Take the place of what a peer that is gone has said of itself. Nobody else gets them, and they go by themselves.
    static func farewells(of peer: PeerID, at now: Timestamp) -> [Draft] {
        [Self.cursor, Self.update].map { type in
            var json = PayloadObject()
            json.add("type", type)
            return Draft(timestamp: now, payload: json.finish(), ttl: 1, audience: .one(peer.text), sender: peer.text)
        }
    }
}
