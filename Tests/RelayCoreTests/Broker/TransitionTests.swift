import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Synchronization
import Testing

@Suite("Topics whose kind keeps a state")
struct TransitionTests {
    private static let room = TopicKey.named("room/1")
    private static let talk = TopicKey.named("room/1/talk")

    private struct Full: Error {}

    private let behavior = RoomBehavior()
    private let relay: TestRelay
    private let loop: TurningLoop

    init() {
        self.relay = TestRelay(catalog: TopicCatalog([PlainStream(), self.behavior, TalkBehavior()], scope: .owner))
        self.loop = TurningLoop(self.relay)
    }

    /// Where a topic begins that is made now.
    private var start: UInt64 { UInt64(self.relay.clock.now.microseconds) }

    // MARK: What the tests do

    /// Lets a peer into the room, which is made if it is not there.
    private func enter(_ peer: String, of user: Principal) async throws {
        try await Self.enter(peer, of: user, in: self.relay.broker)
    }

    private static func enter(_ peer: String, of user: Principal, in broker: Broker) async throws {
        let now = broker.clock.now()
        try await broker.transition(Self.room) { (access) throws(Full) in
            var room = access.state as? Room ?? Room(Self.room.name)
            guard room.peers.count < 8 else { throw Full() }
            room.peers[peer] = user.id
            return .store(room.bytes, telling: [.saying("\(peer) in", at: now)], ())
        }
    }

    private func leave(_ peer: String) async throws {
        try await Self.leave(peer, in: self.relay.broker)
    }

    private static func leave(_ peer: String, in broker: Broker) async throws {
        let now = broker.clock.now()
        try await broker.transition(Self.room) { (access) throws(Full) in
            guard var room = access.state as? Room, room.peers.removeValue(forKey: peer) != nil else {
                return .keep(())
            }
            return .store(room.bytes, telling: [.saying("\(peer) out", at: now)], ())
        }
    }

    private func endRoom() async throws {
        try await self.relay.broker.transition(Self.room) { (_) throws(Full) in .delete(()) }
    }

    private func open(_ key: TopicKey, as principal: Principal = .relay) async throws -> Topic {
        try await self.relay.broker.topic(key, for: .join, as: principal).topic
    }

    private func say(_ text: String, to peer: String? = nil, as principal: Principal) async throws {
        var draft = Draft.saying(text, at: self.relay.clock.now)
        draft.metadata = peer.map { ByteBuffer(string: "@\($0)") }
        for result in try await self.relay.broker.publish([.init(key: Self.talk, draft: draft)], as: principal) {
            _ = try result.get()
        }
    }

    private func room() async throws -> Room? {
        try await self.relay.store.topic(Self.room)?.record.state.flatMap { Room($0.bytes) }
    }

    // MARK: Changes

    @Test("a change creates the topic with its state and its first message, in one step")
    func creation() async throws {
        try await self.enter("a", of: .olga)
        let stored = try #require(try await self.relay.store.topic(Self.room))
        #expect(stored.record.kind == "room")
        #expect(stored.record.state?.revision == self.start + 1)
        #expect(self.relay.store.texts(in: Self.room) == ["a in"])
        #expect(self.relay.store.calls.appends == [])
    }

    @Test("each change counts the revision up, is told once, and is decoded once for root and parts together")
    func changes() async throws {
        try await self.enter("a", of: .olga)
        let sink = TestSink(.olga)
        try self.loop.read(try await self.open(Self.room), into: sink)
        _ = try await self.open(Self.talk)
        let before = self.behavior.decodings.value
        try await self.enter("b", of: .greta)
        try await self.leave("b")
        try await self.leave("b")
        try self.loop.settle()
        #expect(sink.texts == ["b in", "b out"])
        #expect(self.behavior.decodings.value == before + 2)
        #expect(try await self.relay.store.topic(Self.room)?.record.state?.revision == self.start + 3)
    }

    @Test("a decision against it changes nothing, and its reason reaches the caller")
    func refusal() async throws {
        for peer in 0..<8 { try await self.enter("p\(peer)", of: .olga) }
        do {
            try await self.enter("p8", of: .olga)
            Issue.record("not refused")
        } catch TransitionFailure<Full>.refused {
            #expect(try await self.room()?.peers.count == 8)
        }
    }

    @Test("what another relay has changed is read, and decided on again")
    func conflict() async throws {
        try await self.enter("a", of: .olga)
        let other = self.relay.restarted(catalog: TopicCatalog([self.behavior, TalkBehavior()]))
        try await Self.enter("b", of: .greta, in: other.broker)
        try await Self.leave("a", in: other.broker)
        try await self.enter("c", of: .olga)
        #expect(try await self.room()?.peers == ["b": Principal.greta.id, "c": Principal.olga.id])
        #expect(self.relay.store.texts(in: Self.room) == ["a in", "b in", "a out", "c in"])
    }

    @Test("relays that change a topic at the same time lose no change, and tell of each once", arguments: 1...20)
    func manyRelays(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let catalog = TopicCatalog([self.behavior, TalkBehavior()])
        let others = (0..<2).map { _ in self.relay.restarted(catalog: catalog).broker }
        let brokers = [self.relay.broker] + others
        self.relay.store.beforeTopicCalls { _ in
            for _ in 0..<3 { await Task.yield() }
        }
        let steps = (0..<24).map { _ in
            (broker: brokers[Int.random(in: 0..<3, using: &random)], peer: "p\(Int.random(in: 0..<6, using: &random))")
        }
        await withTaskGroup(of: Void.self) { group in
            for step in steps {
                group.addTask { try? await Self.enter(step.peer, of: .olga, in: step.broker) }
                group.addTask { try? await Self.leave(step.peer, in: step.broker) }
            }
        }
        let stored = try #require(try await self.relay.store.topic(Self.room))
        let texts = self.relay.store.texts(in: Self.room)
        #expect(stored.record.state?.revision == self.start + UInt64(texts.count))
        var present: Set<String> = []
        for text in texts {
            let words = text.split(separator: " ").map(String.init)
            if words[1] == "in" { present.insert(words[0]) } else { #expect(present.remove(words[0]) != nil) }
        }
        #expect(try await self.room().map { Set($0.peers.keys) } == present)
    }

    @Test("a change whose answer is lost shows once the topic was read again")
    func unknownOutcome() async throws {
        try await self.enter("a", of: .olga)
        self.relay.store.failAppends([.init(error: StoreError(.outcomeUnknown, "lost"), isStored: true)])
        await #expect(throws: TransitionFailure<Full>.self) { try await self.enter("b", of: .greta) }
        let topic = try await self.open(Self.room, as: .greta)
        #expect((topic.access.state as? Room)?.peers["b"] == Principal.greta.id)
        try await self.leave("b")
        #expect(self.relay.store.texts(in: Self.room) == ["a in", "b in", "b out"])
    }

    @Test("a kind's quota counts its own topics, of an owner and of all")
    func quota() async throws {
        func make(_ number: Int, of owner: String, _ quota: TopicQuota) async throws {
            let key = TopicKey.named("room/\(number)")
            try await self.relay.broker.transition(key, owner: UserID(owner), within: quota) { (_) throws(Full) in
                .store(Room(key.name).bytes, telling: [], ())
            }
        }
        _ = try await self.relay.topic("plain")
        let quota = TopicQuota(maxPerUser: 2, maxInAll: 3)
        try await make(1, of: Principal.olga.id.rawValue, quota)
        try await make(2, of: Principal.olga.id.rawValue, quota)
        await #expect(throws: TransitionFailure<Full>.self) {
            try await make(3, of: Principal.olga.id.rawValue, quota)
        }
        try await make(4, of: "x", quota)
        await #expect(throws: TransitionFailure<Full>.self) { try await make(5, of: "y", quota) }
        #expect(try await self.relay.store.topics(ofKind: "room", after: nil, limit: 9).count == 3)
    }

    // MARK: Parts

    @Test("nobody makes such a topic by publishing to it, nor by asking for it", arguments: ["room/1", "room/1/talk"])
    func noCreation(path: String) async throws {
        let key = TopicKey.named(path)
        let broker = self.relay.broker
        await #expect(throws: BrokerError.missing) {
            _ = try await broker.publish([.init(key: key, draft: .saying("x", at: self.relay.clock.now))], as: .ada)
        }
        await #expect(throws: BrokerError.missing) {
            _ = try await broker.createTopic(key, isPublic: true, description: nil, by: .ada)
        }
        await #expect(throws: BrokerError.missing) { _ = try await broker.topic(key, for: .join, as: .ada) }
    }

    @Test("all users mean the same by a global name, where others have one for each user")
    func globalNames() {
        let catalog = self.relay.broker.catalog
        #expect(catalog.key(ofPath: "room/1/talk", for: Principal.olga.id) == Self.talk)
        #expect(catalog.key(ofPath: "news", for: Principal.olga.id)?.namespace == Principal.olga.id)
        #expect(catalog.root(of: Self.talk) == Self.room)
        #expect(catalog.root(of: Self.room) == Self.room)
    }

    @Test("a part is there with its root, admits by its root's state, and is kept by the tier of its kind")
    func parts() async throws {
        try await self.enter("a", of: .olga)
        try await self.say("hello", as: .olga.acting(as: "a"))
        #expect(self.relay.hotStore.texts(in: Self.talk) == ["hello"])
        #expect(self.relay.store.texts(in: Self.talk) == [])
        for stranger in [Principal.greta, .greta.acting(as: "a"), .olga.acting(as: "b"), .olga] {
            await #expect(throws: BrokerError.denied) { try await self.say("x", as: stranger) }
        }
        let stored = try await self.relay.broker.storedTopic(Self.talk, for: .inspect, as: .olga)
        #expect(stored.record.kind == "talk" && stored.record.key == Self.talk)
        #expect(stored.bounds.count == 1)
    }

    @Test("who leaves the root loses its parts at once, readers and all")
    func leavingEndsParts() async throws {
        try await self.enter("a", of: .olga)
        try await self.enter("b", of: .greta)
        let topic = try await self.open(Self.talk)
        let (olga, greta) = (TestSink(.olga), TestSink(.greta))
        try self.loop.read(topic, into: olga, as: "a")
        try self.loop.read(topic, into: greta, as: "b")
        try await self.leave("b")
        try await self.say("after", as: .relay)
        try self.loop.settle()
        #expect(greta.ends == [.accessLost])
        #expect(greta.texts == [])
        #expect(olga.texts == ["after"])
        await #expect(throws: BrokerError.denied) { try await self.say("x", as: .greta.acting(as: "b")) }
    }

    @Test("the end of a root ends its parts, their readers, and what they held")
    func end() async throws {
        try await self.enter("a", of: .olga)
        let sinks = [TestSink(.olga), TestSink(.olga)]
        try self.loop.read(try await self.open(Self.room), into: sinks[0], as: "a")
        try self.loop.read(try await self.open(Self.talk), into: sinks[1], as: "a")
        try await self.say("hello", as: .relay)
        try await self.endRoom()
        try self.loop.settle()
        #expect(sinks.map(\.ends) == [[.topicDeleted], [.topicDeleted]])
        #expect(self.relay.store.texts(in: Self.room) == [])
        #expect(self.relay.hotStore.texts(in: Self.talk) == [])
        await #expect(throws: BrokerError.missing) { try await self.say("x", as: .relay) }
        // The next of the name has nothing of it.
        try await self.enter("a", of: .olga)
        let late = TestSink(.olga)
        try self.loop.read(try await self.open(Self.talk), from: .cursor(.oldest), into: late, as: "a")
        try self.loop.settle()
        #expect(late.messages.isEmpty)
    }

    @Test("a part in memory follows a root that is not")
    func partWithoutRoot() async throws {
        try await self.enter("a", of: .olga)
        let other = self.relay.restarted(catalog: TopicCatalog([self.behavior, TalkBehavior()]))
        let topic = try await other.broker.topic(Self.talk, for: .join, as: .olga.acting(as: "a")).topic
        try await self.leave("a")
        #expect(other.broker.isResident(Self.room))
        try await other.broker.topicsChanged([Self.room])
        #expect((topic.access.state as? Room)?.peers == [:])
    }

    // MARK: Peers

    @Test("two peers of a user are two: each gets what the other says, and what is for it, wherever it reads from")
    func peers() async throws {
        try await self.enter("tab1", of: .olga)
        try await self.enter("tab2", of: .olga)
        let topic = try await self.open(Self.talk)
        let sinks = ["tab1": TestSink(.olga), "tab2": TestSink(.olga)]
        for (peer, sink) in sinks { try self.loop.read(topic, into: sink, as: peer) }
        try await self.say("one", as: .olga.acting(as: "tab1"))
        try await self.say("two", as: .olga.acting(as: "tab2"))
        try await self.say("for one", to: "tab1", as: .relay)
        try self.loop.settle()
        #expect(sinks["tab1"]?.texts == ["two", "for one"])
        #expect(sinks["tab2"]?.texts == ["one"])
        let again = TestSink(.olga)
        try self.loop.read(topic, from: .cursor(.oldest), into: again, as: "tab1")
        try self.loop.settle()
        #expect(again.texts == ["two", "for one"])
        #expect(again.messages.map(\.sender) == ["tab2", nil])
        let page = try await self.relay.broker.history(
            of: Self.talk,
            .ascending,
            cursor: .oldest,
            limit: 9,
            as: .olga.acting(as: "tab2")
        )
        #expect(page.messages.map { String(buffer: $0.payload) } == ["one"])
    }

    @Test("for who holds a ticket there is nothing but its topic with its parts")
    func tickets() async throws {
        try await self.enter("guest", of: Principal.greta)
        _ = try await self.relay.topic("open", isPublic: true)
        let ticket = TicketHolding(root: Self.room.name, id: "t1")
        let guest = Principal(
            id: UserID("guest"),
            username: "guest",
            permissions: [.read, .write],
            peer: PeerStanding(id: "guest", ticket: ticket)
        )
        try await self.say("hello", as: guest)
        #expect(guest.acting(as: "another") == guest)
        for key in [TopicKey.named("open"), .named("new"), .named("room/2"), .named("room/2/talk")] {
            await #expect(throws: BrokerError.missing) {
                _ = try await self.relay.broker.topic(key, for: .join, as: guest)
            }
            await #expect(throws: BrokerError.missing) {
                let item = Broker.Item(key: key, draft: .saying("x", at: self.relay.clock.now))
                _ = try await self.relay.broker.publish([item], as: guest)
            }
            await #expect(throws: BrokerError.missing) {
                _ = try await self.relay.broker.createTopic(key, isPublic: true, description: nil, by: guest)
            }
        }
    }

    // MARK: What the relay says

    @Test("the relay's own words reach who they are for, and need a topic")
    func announcements() async throws {
        let draft = Draft(
            timestamp: self.relay.clock.now,
            payload: ByteBuffer(string: "go"),
            audience: .one("a")
        )
        await #expect(throws: BrokerError.missing) { try await self.relay.broker.announce([draft], to: Self.talk) }
        try await self.enter("a", of: .olga)
        try await self.enter("b", of: .greta)
        let topic = try await self.open(Self.talk)
        let (olga, greta) = (TestSink(.olga), TestSink(.greta))
        try self.loop.read(topic, into: olga, as: "a")
        try self.loop.read(topic, into: greta, as: "b")
        try await self.relay.broker.announce([draft], to: Self.talk)
        try self.loop.settle()
        #expect(olga.texts == ["go"])
        #expect(greta.texts == [])
    }

    @Test("publishers wait for a change, and their messages come after it")
    func publishersWait() async throws {
        try await self.enter("a", of: .olga)
        let isPublishing = Signal()
        self.relay.store.beforeTopicCalls { call in
            guard case .transition = call else { return }
            isPublishing.fire()
            for _ in 0..<100 { await Task.yield() }
        }
        let broker = self.relay.broker
        async let change: Void = Self.enter("b", of: .greta, in: broker)
        await isPublishing.wait()
        let item = Broker.Item(key: Self.room, draft: .saying("chat", at: self.relay.clock.now))
        let results = try await self.relay.broker.publish([item], as: .olga.acting(as: "a"))
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        try await change
        #expect(self.relay.store.texts(in: Self.room) == ["a in", "b in", "chat"])
        #expect(self.relay.store.calls.overlaps == 0)
    }
}

extension Draft {
    fileprivate static func saying(_ text: String, at time: Timestamp) -> Draft {
        Draft(timestamp: time, payload: ByteBuffer(string: text))
    }
}

extension TestSink {
    fileprivate var texts: [String] { self.messages.map { String(buffer: $0.payload) } }
}

extension TestStore {
    fileprivate func texts(in key: TopicKey) -> [String] {
        self.state.withLock { $0.streams[key]?.messages.map { String(buffer: $0.payload) } ?? [] }
    }
}
