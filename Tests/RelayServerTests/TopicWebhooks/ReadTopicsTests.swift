import RelayAccess
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Which webhooks tell of which topics that are read")
struct ReadTopicsTests {
    private static func webhook(_ id: String, _ target: WebhookTarget, user: String = "u") -> StoredWebhook {
        let definition = WebhookDefinition(
            target: target,
            events: [.occupied],
            url: "http://192.0.2.1/",
            label: nil,
            secret: "whsec_"
        )
        let moment = Timestamp(microseconds: 0)
        return StoredWebhook(id: id, user: UserID(user), definition: definition, createdAt: moment)
    }

    private static func key(_ name: String, of user: String? = nil) -> TopicKey {
        TopicKey(name: TopicName(path: name), namespace: user.map { UserID($0) })
    }

    /// A reference, since what changes it has no place in an expectation.
    private final class Stage {
        private var topics = ReadTopics(TopicCatalog())

        init(_ webhooks: [StoredWebhook]) { _ = self.topics.tell(for: webhooks) }

        var comparisons: Int { self.topics.comparisons }

        func tell(for webhooks: [StoredWebhook]) -> Bool { self.topics.tell(for: webhooks) }

        func become(_ read: [TopicKey]) { self.topics.become(read) }

        func become(_ isRead: Bool, _ key: TopicKey) -> Set<String> { Set(self.topics.become(isRead, key)) }

        func names(of id: String) -> Set<String> { Set(self.topics.topics(of: id).map(\.name.rawValue)) }
    }

    @Test("by name, by prefix, and not by what only looks like one")
    func matches() {
        let stage = Stage([
            Self.webhook("a", .topic("room-1")), Self.webhook("b", .prefix("room-")), Self.webhook("c", .prefix("r")),
            Self.webhook("d", .topic("room")),
        ])
        stage.become([Self.key("room-2"), Self.key("other")])
        #expect(stage.names(of: "b") == ["room-2"] && stage.names(of: "c") == ["room-2"])
        #expect(stage.become(true, Self.key("room-1")) == ["a", "b", "c"])
        #expect(stage.names(of: "a") == ["room-1"] && stage.names(of: "b") == ["room-1", "room-2"])
        #expect(stage.become(true, Self.key("other")).isEmpty && stage.names(of: "d").isEmpty)
        #expect(stage.become(false, Self.key("room-2")) == ["b", "c"] && stage.names(of: "b") == ["room-1"])
        // A prefix without a slash means no names of kinds that have some.
        #expect(stage.become(true, Self.key("room/1")).isEmpty)
    }

    @Test("and of the topics of another user's own names none")
    func namespaces() {
        let stage = Stage([Self.webhook("a", .prefix("t"), user: "u"), Self.webhook("b", .topic("t"), user: "v")])
        #expect(stage.become(true, Self.key("t", of: "u")) == ["a"])
        #expect(stage.become(true, Self.key("t", of: "v")) == ["b"])
        #expect(stage.names(of: "a") == ["t"] && stage.names(of: "b") == ["t"])
    }

    @Test("a change costs for the webhooks that it is of, and the same webhooks once more cost nothing")
    func costs() {
        let webhooks = (0..<1_000).map { Self.webhook("\($0)", $0 < 500 ? .topic("t\($0)") : .prefix("p\($0)")) }
        let stage = Stage(webhooks)
        stage.become((0..<10_000).map { Self.key("t\($0)") })
        let before = stage.comparisons
        #expect(before <= 10_000)
        #expect(!stage.tell(for: webhooks))
        #expect(stage.comparisons == before)
        #expect(stage.become(false, Self.key("t7")) == ["7"])
        #expect(stage.comparisons == before + 1)
        #expect(stage.tell(for: Array(webhooks.dropLast())))
    }
}
