import NIOCore
import RelayCore
import RelayStorage
import RelayWire
import SeededRandom
import Testing

@testable import RelayPresence

@Suite("Presence that relays share", .timeLimit(.minutes(1)))
struct SharedPresenceTests {
    private static let part = PresenceTopic.key(of: PresenceStage.news)

    /// Two relays, and a client who watches at each.
    private struct Pair {
        let a: StageRelay
        let b: StageRelay
        let atA: StageClient
        let atB: StageClient

        init(_ stage: PresenceStage) async throws {
            (self.a, self.b) = (try await stage.relay(), try await stage.relay())
            try await stage.makeTopic(at: self.a)
            self.atA = try await StageClient("watcher-a", at: self.a)
            self.atB = try await StageClient("watcher-b", .greta, at: self.b)
            try await until("nobody is there") { try await self.atB.told == ["sync "] }
        }

        /// A member of each relay, whom both watchers know.
        func members(_ stage: PresenceStage) async throws -> (one: StageClient, two: StageClient) {
            let one = try await StageClient("one", at: self.a)
            let two = try await StageClient("two", .greta, at: self.b)
            try await one.join("1")
            try await two.join("2")
            try await self.settle(["one", "two"], stage)
            return (one, two)
        }

        /// Both watchers know these and no others, and so does the store.
        func settle(_ names: [String], _ stage: PresenceStage) async throws {
            for client in [self.atA, self.atB] {
                try await until("\(client.name) knows \(names)") { try await client.names == names }
            }
            try await until("it is stored") { try await stage.stored(at: self.b) == names }
        }
    }

    @Test("members of each relay are seen at the others, as they are")
    func everywhere() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let (one, two) = try await pair.members(stage)
            _ = try await two.update("3")
            try await one.leave()
            try await pair.settle(["two"], stage)
            #expect(try await pair.atA.view == pair.atB.view)
            #expect(try await pair.atA.view[.named("two")]?.data == ByteBuffer(string: "3"))
        }
    }

    @Test("the members of a relay that was killed leave, once, when its lease is over")
    func killed() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let (one, two) = (
                try await StageClient("one", at: pair.a), try await StageClient("two", .greta, at: pair.b)
            )
            try await one.join()
            try await two.join()
            try await pair.settle(["one", "two"], stage)
            try await pair.a.kill()
            #expect(await pair.b.service.expireLeases())
            #expect(try await pair.atB.names == ["one", "two"])
            try await stage.lapse(at: pair.b)
            try await until("it is told") { try await pair.atB.names == ["two"] }
            #expect(await pair.b.service.expireLeases())
            #expect(try await pair.atB.told.filter { $0 == "leave one" }.count == 1)
            #expect(pair.b.service.figures.expired == 1)
            #expect(stage.server.leases.count == 1)
        }
    }

    @Test("a relay that was taken for lost, and lives, has its members back")
    func lives() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let one = try await StageClient("one", at: pair.a)
            try await one.join("1")
            try await pair.settle(["one"], stage)
            try await stage.lapse(at: pair.b)
            #expect(pair.b.service.figures.expired == 1)
            try await until("it was taken off") { try await pair.atB.told.contains("leave one 1") }
            try await pair.settle(["one"], stage)
            #expect(try await one.isMember)
            try await one.leave()
            try await pair.settle([], stage)
        }
    }

    @Test("while the store is away nobody joins, who leaves has left, and all of it is right afterwards")
    func outage() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let (stays, leaves) = (
                try await StageClient("stays", at: pair.a), try await StageClient("leaves", at: pair.a)
            )
            let (late, other) = (
                try await StageClient("late", at: pair.a), try await StageClient("other", .greta, at: pair.b)
            )
            try await stays.join("1")
            try await leaves.join()
            try await pair.settle(["leaves", "stays"], stage)
            pair.a.front?.setAway(true)
            await #expect(throws: PresenceFailure.self) { try await late.join() }
            #expect(try await !late.isMember)
            await #expect(throws: PresenceFailure.self) { _ = try await stays.update("2") }
            try await leaves.close()
            try await other.join()
            // The lease is over meanwhile, and others act on it.
            try await stage.lapse(at: pair.b)
            try await until("they are taken off") { try await pair.atB.names == ["other"] }
            #expect(await !pair.a.service.renewLeases())
            pair.a.front?.setAway(false)
            try await pair.settle(["other", "stays"], stage)
            #expect(try await pair.atB.view[.named("stays")]?.data == ByteBuffer(string: "1"))
            try await late.join()
            try await pair.settle(["late", "other", "stays"], stage)
        }
    }

    @Test("a write that breaks off is not left as it may be", arguments: [false, true])
    func brokenOff(isStored: Bool) async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let (one, two) = (try await StageClient("one", at: pair.a), try await StageClient("two", at: pair.a))
            try await one.join("1")
            pair.a.front?.breakNext(isStored: isStored)
            await #expect(throws: PresenceFailure.self) { try await two.join() }
            try await pair.settle(["one"], stage)
            try await until("nothing is left to write") { pair.a.service.figures.members == 1 }
            pair.a.front?.breakNext(isStored: isStored)
            await #expect(throws: PresenceFailure.self) { _ = try await one.update("2") }
            try await until("it is taken back") {
                try await pair.atB.view[.named("one")]?.data == ByteBuffer(string: "1")
            }
            pair.a.front?.breakNext(isStored: isStored)
            try await one.close()
            try await pair.settle([], stage)
            try await until("nothing is held") { pair.a.service.figures.members == 0 }
        }
    }

    @Test("what a failed server has lost is said again, and every view is right")
    func lostStream() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let (one, two) = try await pair.members(stage)
            try await stage.server.lose(Self.part)
            #expect(try await stage.stored(at: pair.b).isEmpty)
            for relay in [pair.a, pair.b] {
                try await relay.broker.checkPosition(of: Self.part)
                try await relay.check()
            }
            try await pair.settle(["one", "two"], stage)
            try await two.leave()
            try await pair.settle(["one"], stage)
            #expect(try await one.isMember)
        }
    }

    @Test("a topic that is deleted elsewhere, and made again, has nobody of before, whatever was under way")
    func madeAnew() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let one = try await StageClient("one", at: pair.a)
            try await one.join()
            try await pair.settle(["one"], stage)
            let id = try await pair.a.broker.storedTopic(PresenceStage.news, for: .read, as: .olga).record.id
            try await pair.b.broker.deleteTopic(PresenceStage.news, as: .olga)
            try await stage.makeTopic(at: pair.b)
            // A word that was on its way.
            let late = PresenceWord(connection: .named("ghost"), topic: id, relay: .a, content: .here(.named("ghost")))
            try await pair.b.broker.announce([late.draft(at: .at(0))], to: Self.part)
            #expect(try await stage.stored(at: pair.b).isEmpty)
            // This relay has not heard of it yet.
            _ = try? await one.join("9")
            let new = try await StageClient("new", .greta, at: pair.b)
            try await new.join()
            #expect(try await stage.stored(at: pair.b) == ["new"])
            try await pair.a.broker.topicsChanged([PresenceStage.news])
            try await until("who was there is told") { try await one.ends == [.topicDeleted] }
            try await until("nothing is held") { pair.a.service.figures.topics == 0 }
            try await until("it is alone") { try await new.names == ["new"] }
            #expect(try await stage.stored(at: pair.b) == ["new"])
        }
    }

    @Test("no lease is left of a topic without members")
    func leasesEnd() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let one = try await StageClient("one", at: pair.a)
            for _ in 0..<3 {
                try await one.join()
                #expect(stage.server.leases.count == 1)
                #expect(await pair.a.service.renewLeases())
                try await one.leave()
                try await until("nobody vouches") { stage.server.leases.count == 0 }
            }
            #expect(await pair.a.service.renewLeases())
            #expect(stage.server.leases.count == 0)
        }
    }

    @Test("members for whom nobody vouches any more are found by who shows them")
    func orphans() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let one = try await StageClient("one", at: pair.a)
            try await one.join()
            try await pair.settle(["one"], stage)
            try await pair.a.kill()
            for lease in await stage.server.leases.dueDeadlines(at: .at(.max / 2_000_000), limit: 9) {
                await stage.server.leases.removeDeadlines([lease.name])
            }
            try await pair.b.check()
            try await until("it has to be renewed") { stage.server.leases.count == 1 }
            try await stage.lapse(at: pair.b)
            try await until("it is told") { try await pair.atB.names.isEmpty }
        }
    }

    @Test("a relay that has heard nothing for long does not show who has gone meanwhile")
    func longSilence() async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            let (one, two) = (try await StageClient("one", at: pair.a), try await StageClient("two", at: pair.a))
            try await one.join()
            try await two.join()
            try await pair.settle(["one", "two"], stage)
            try await pair.b.broker.checkPosition(of: Self.part)
            try await pair.b.check()
            pair.b.front?.setAway(true)
            try await one.leave()
            try await until("it has left") { try await stage.stored(at: pair.a) == ["two"] }
            stage.clock.pass(seconds: 2 * PresenceWord.secondsOfGone)
            _ = try await stage.server.store.sweep(at: stage.clock.now, retention: Retention(maxAgeSeconds: nil))
            _ = try await two.update("\"late\"")
            pair.b.front?.setAway(false)
            try await until("it hears again") {
                try await pair.atB.view[.named("two")]?.data == ByteBuffer(string: "\"late\"")
            }
            try await pair.b.check()
            try await until("who has gone is gone") { try await pair.atB.names == ["two"] }
        }
    }

    @Test("words that the store drops are said again in time")
    func trimmed() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let one = try await StageClient("one", at: relay)
            try await one.join("1")
            stage.clock.pass(seconds: PresenceTopic.secondsKept - 60)
            relay.service.lookAtRooms()
            try await until("it is said again") { relay.service.figures.writes == 2 }
            stage.clock.pass(seconds: 120)
            try await relay.broker.sweep()
            #expect(try await stage.stored(at: relay) == ["one"])
            #expect(try await one.told.filter { $0.hasPrefix("update") }.isEmpty)
        }
    }

    @Test("rooms that can't be written hold up no other")
    func fairness() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.relay()
            for number in 0..<40 {
                let topic = TopicKey(name: TopicName(path: "stuck\(number)"))
                let client = try await StageClient("s\(number)", at: relay, on: topic, watches: false)
                try await client.join()
                relay.front?.refuse(PresenceTopic.key(of: topic))
                try await client.close()
            }
            try await stage.makeTopic(at: relay)
            let one = try await StageClient("one", at: relay)
            let start = ContinuousClock.now
            try await one.join()
            #expect(ContinuousClock.now - start < .seconds(2), "rooms one after another would take 40 waits")
            #expect(relay.service.figures.members == 41)
        }
    }

    @Test(
        "in whatever order people come, go and lose their relays, all see the same in the end",
        arguments: 1...8 as ClosedRange<UInt64>
    )
    func random(seed: UInt64) async throws {
        try await PresenceStage.run { stage in
            let pair = try await Pair(stage)
            var generator = SeededGenerator(seed: seed)
            var clients: [StageClient] = []
            // When the relay that the store is away for has it back.
            var back: Int?
            for step in 0..<80 {
                if let end = back, step >= end {
                    for relay in [pair.a, pair.b] { relay.front?.setAway(false) }
                    back = nil
                }
                let relay = generator.chance(50) ? pair.a : pair.b
                let client = clients.randomElement(using: &generator)
                switch Int.random(in: 0..<100, using: &generator) {
                case 0..<25: clients.append(try await StageClient("c\(step)", at: relay))
                case 25..<60: _ = try? await client?.join("\(step)")
                case 60..<70: _ = try? await client?.update("\(step)")
                case 70..<80: try await client?.leave()
                case 80..<88:
                    guard let client else { continue }
                    clients.removeAll { $0 === client }
                    try await client.close()
                case 88..<92: relay.front?.breakNext(isStored: generator.chance(50))
                case 92..<95 where back == nil:
                    relay.front?.setAway(true)
                    back = step + 4
                default:
                    stage.clock.pass(seconds: 31)
                    _ = await relay.service.expireLeases()
                }
            }
            for relay in [pair.a, pair.b] { relay.front?.setAway(false) }
            var members: [String] = []
            for client in clients where try await client.isMember { members.append(client.name) }
            try await pair.settle(members.sorted(), stage)
            try await until("both see the same") { try await pair.atA.view == pair.atB.view }
            for client in clients {
                try await until("\(client.name) sees the same") { try await client.view == pair.atA.view }
            }
        }
    }
}
