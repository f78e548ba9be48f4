import RelayWire
import Testing

@testable import RelayCore

@Suite("What a limited token reaches")
struct ReachTests {
    private static func name(_ text: String) -> TopicName { TopicName(path: text) }

    @Test(
        "names are compared whole, prefixes by their bytes, and a prefix without a slash knows no paths",
        arguments: [
            ("a", true), ("A", false), ("ab", false), ("room-1", true), ("room-", true), ("room", false),
            ("Room-1", false), ("xroom-1", false), ("room-/x", false), ("document/x", false), ("document/n1", true),
            ("document/n", true), ("document", false),
        ]
    )
    func includes(text: String, isIncluded: Bool) {
        let reach = Reach(topics: [Self.name("a")], prefixes: ["room-", "document/n"])
        #expect(reach.includes(Self.name(text)) == isIncluded)
    }

    @Test("channels are reached by a prefix that says so, and by no other")
    func channels() {
        let name = Self.name("pulse/chat")
        #expect(Reach(topics: [], prefixes: ["pulse/"]).includes(name))
        #expect(Reach(topics: [], prefixes: ["pulse/ch"]).includes(name))
        #expect(Reach(topics: [name], prefixes: []).includes(name))
        #expect(!Reach(topics: [], prefixes: ["pulse", "p", "chat"]).includes(name))
    }

    private static func principal(
        _ id: String = "u",
        _ permissions: Permissions = [.read, .write]
    ) -> Principal {
        Principal(
            id: UserID(id),
            username: id,
            permissions: permissions,
            reach: Reach(topics: [Self.name("t")], prefixes: [])
        )
    }

    private static func access(owner: String, isPublic: Bool = false, grants: Set<UserID> = []) -> TopicAccess {
        let record = TopicRecord(
            id: "1",
            key: TopicKey(name: Self.name("t")),
            kind: "stream",
            owner: UserID(owner),
            createdAt: Timestamp(microseconds: 0),
            isPublic: isPublic,
            description: nil
        )
        return TopicAccess(record: record, grants: grants)
    }

    @Test("a limited token reads and publishes where its user manages, and nothing else")
    func decisions() {
        let kind = PlainStream()
        func decide(_ action: TopicAction, _ access: TopicAccess, by principal: Principal, on name: String = "t")
            -> AccessDecision
        { kind.decision(on: Self.name(name), access, action, by: principal) }
        let own = Self.access(owner: "u")
        #expect(decide(.read, own, by: Self.principal()) == .allowed)
        #expect(decide(.publish, own, by: Self.principal()) == .allowed)
        for action in [TopicAction.manage, .inspect] { #expect(decide(action, own, by: Self.principal()) == .denied) }
        for action in [TopicAction.read, .publish, .create, .manage, .inspect] {
            #expect(decide(action, own, by: Self.principal(), on: "other") == .missing)
            #expect(decide(action, .missing, by: Self.principal(), on: "other") == .missing)
        }
        #expect(decide(.create, .missing, by: Self.principal()) == .missing)
        #expect(decide(.read, .missing, by: Self.principal()) == .allowed)
        // What was granted to the user, or is for everybody, the user can't hand on.
        for access in [
            Self.access(owner: "x"), Self.access(owner: "x", isPublic: true),
            Self.access(owner: "x", grants: [UserID("u")]),
        ] {
            #expect(decide(.read, access, by: Self.principal()) == .denied)
            #expect(decide(.publish, access, by: Self.principal()) == .denied)
            #expect(decide(.read, access, by: Self.principal("root", [.admin, .read])) == .allowed)
        }
    }

    @Test("no client changes a peer that its token fixes, and the reach stays with every peer")
    func peers() {
        let reach = Reach(topics: [Self.name("t")], prefixes: [])
        let fixed = Principal(
            id: UserID("u"),
            username: "u",
            permissions: .read,
            peer: PeerStanding(id: "p", isFixed: true),
            reach: reach
        )
        #expect(fixed.acting(as: "q").peer?.id == "p")
        let free = Self.principal().acting(as: "q")
        #expect(free.peer?.id == "q")
        #expect(free.reach === Self.principal().reach || free.reach == reach)
    }
}
