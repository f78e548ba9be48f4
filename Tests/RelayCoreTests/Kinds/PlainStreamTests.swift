import RelayCore
import RelayWire
import Testing

@Suite("Who may do what with an ordinary topic")
struct PlainStreamTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let who: Principal
        let topic: TopicAccess
        /// Of create, read, publish, inspect, manage.
        let decisions: [AccessDecision]
        let label: String

        var testDescription: String { self.label }
    }

    private static func olgas(isPublic: Bool) -> TopicAccess {
        TopicAccess(
            record: TopicRecord(
                id: "1",
                key: .named("news"),
                kind: "stream",
                owner: Principal.olga.id,
                createdAt: Timestamp(microseconds: 0),
                isPublic: isPublic,
                description: nil
            ),
            grants: [Principal.greta.id]
        )
    }

    @Test(
        "the table of the contract, section 4.2",
        arguments: [
            Case(.ada, olgas(isPublic: false), [.allowed, .allowed, .allowed, .allowed, .allowed], "admin"),
            Case(.olga, olgas(isPublic: false), [.allowed, .allowed, .allowed, .allowed, .allowed], "owner"),
            Case(.greta, olgas(isPublic: false), [.denied, .allowed, .allowed, .allowed, .denied], "granted"),
            Case(.sven, olgas(isPublic: true), [.denied, .allowed, .denied, .allowed, .denied], "other, public"),
            Case(.sven, olgas(isPublic: false), [.denied, .denied, .denied, .denied, .denied], "other, private"),
            Case(.sven, .missing, [.allowed, .allowed, .missing, .missing, .missing], "no such topic"),
            Case(.ada, .missing, [.allowed, .allowed, .missing, .missing, .missing], "admin, no such topic"),
        ]
    )
    func decides(row: Case) {
        let actions: [TopicAction] = [.create, .read, .publish, .inspect, .manage]
        let decisions = actions.map { PlainStream().decide($0, by: row.who, on: row.topic) }
        #expect(decisions == row.decisions)
    }

    @Test("a channel that is no plain name is a plain topic too, called in one way")
    func channels() throws {
        let catalog = TopicCatalog([PlainStream(), SignalBehavior()], scope: .owner)
        let path = try #require(PulseChannel.topic(ofChannel: "chat:room 1"))
        #expect(path.hasPrefix("pulse/"))
        let key = try #require(catalog.key(ofPath: path, for: UserID("u")))
        #expect(key.name.rawValue == path && key.namespace == UserID("u"))
        #expect(catalog.behavior(of: key.name).kind == "stream" && catalog.root(of: key) == key)
        #expect(catalog.key(ofPath: "pulse/news", for: UserID("u")) == nil, "the channel news is the topic news")
        #expect(catalog.key(ofPath: "pulse/", for: UserID("u")) == nil)
        #expect(catalog.key(ofPath: "pulse/a/b", for: UserID("u")) == nil)
    }

    @Test("topics are found by how their names begin, channels by a prefix that says so")
    func found() async throws {
        let relay = TestRelay()
        for path in ["news", "pulse", "pulses", "pulse/chat_3aa", "pulse/chat_3ab", "pulse/room_3aa"] {
            _ = try await relay.topic(path)
        }
        for (prefix, names) in [
            ("pulse", ["pulse", "pulses"]), ("pulse/chat", ["pulse/chat_3aa", "pulse/chat_3ab"]),
            ("pulse/room_3aa", ["pulse/room_3aa"]), ("n", ["news"]), ("pulse/x", []),
        ] {
            let page = try await relay.broker.topics(beginning: prefix, for: Principal.olga.id, after: nil, limit: 10)
            #expect(page.topics.map(\.record.key.name.rawValue) == names)
        }
    }

    @Test(
        "names begin as they may go on",
        arguments: [
            ("news", true), ("pulse", true), ("pulse/", true), ("pulse/chat", true), ("", false), ("a/", false),
            ("document/", false), ("pulse//", false), ("pulse/a_", true), ("pulse/a_3", true), ("pulse/a_3a", true),
            ("pulse/a_zz", false), ("pulse/a-b", false), ("pulse/a/", false), ("pulse/ä", false), ("Pulse/", false),
        ]
    )
    func prefixes(text: String, mayBegin: Bool) {
        #expect(PlainStream.hasNames(beginning: text) == mayBegin)
    }
}

extension PlainStreamTests.Case {
    fileprivate init(_ who: Principal, _ topic: TopicAccess, _ decisions: [AccessDecision], _ label: String) {
        self.init(who: who, topic: topic, decisions: decisions, label: label)
    }
}
