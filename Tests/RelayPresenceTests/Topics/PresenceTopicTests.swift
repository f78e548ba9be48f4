import RelayCore
import RelayWire
import Testing

@testable import RelayPresence

@Suite("The topics that have who is on others")
struct PresenceTopicTests {
    private let topic = PresenceTopic()

    private func name(_ path: String) -> TopicName? { self.topic.name(fromPath: path) }

    @Test("plain topics have one, channels of Pulse's too, and no others")
    func names() throws {
        for root in ["news", "pulse/chat_3aroom", String(repeating: "n", count: 255)] {
            let name = try #require(self.name("presence/\(root)"))
            #expect(self.topic.root(of: name)?.rawValue == root)
            #expect(self.topic.part(ofEvery: try #require(PlainStream().name(fromPath: root))) == name)
        }
        for path in ["presence", "presence/", "presence/a/b", "presence/session/1", "presence/presence/news", "news"] {
            #expect(self.name(path) == nil)
        }
        #expect(PlainStream().name(fromPath: "presence/news") == nil)
    }

    @Test("a topic's presence has its namespace, and leads back to it")
    func keys() throws {
        let key = TopicKey(name: try #require(TopicName("news")), namespace: UserID("u"))
        let part = PresenceTopic.key(of: key)
        #expect(part.description == "@u/presence/news")
        #expect(PresenceTopic.root(of: part) == key)
        #expect(PresenceTopic.root(of: key) == nil)
        #expect(PresenceTopic.hasPresence(key.name) && !PresenceTopic.hasPresence(part.name))
    }

    @Test("who may read a topic may read its presence; only relays write it, and nobody makes or manages it")
    func access() {
        let record = TopicRecord(
            id: "t",
            key: TopicKey(name: TopicName(path: "news")),
            kind: "stream",
            owner: Principal.olga.id,
            createdAt: .at(0),
            isPublic: false,
            description: nil
        )
        let access = TopicAccess(record: record, grants: [Principal.greta.id])
        for (principal, isAllowed) in [(Principal.olga, true), (.greta, true), (.sven, false), (.relay, true)] {
            #expect((self.topic.decide(.read, by: principal, on: access) == .allowed) == isAllowed)
        }
        for principal in [Principal.olga, .user("ada", [.admin, .read, .write])] {
            #expect(self.topic.decide(.publish, by: principal, on: access) == .denied)
            #expect(self.topic.decide(.manage, by: principal, on: access) == .denied)
            #expect(self.topic.decide(.create, by: principal, on: .missing) == .missing)
        }
        #expect(self.topic.decide(.publish, by: .relay, on: access) == .allowed)
        #expect(self.topic.decide(.read, by: .sven, on: .missing) == .allowed)
    }

    @Test("its messages are in memory, for a day, whatever the relay keeps")
    func retention() {
        let retention = self.topic.retention(configured: Retention(maxMessages: 3, maxAgeSeconds: 9))
        #expect(retention.maxMessages >= 100_000 && retention.maxAgeSeconds == 86_400)
        #expect(self.topic.tier == .hot)
    }
}
