import NIOCore
import RelayCore
import RelayStorage
import RelayWire
import Synchronization
import Testing

@testable import RelayPresence

@Suite("Relays that vouch for their members", .timeLimit(.minutes(1)))
struct LeaseTests {
    private static let part = PresenceTopic.key(of: PresenceStage.news)
    private static let name = Deadline.Name(topic: part, peer: "relay-a")

    @Test("clocks that are a minute apart take nobody off who lives, and it is still seen that a relay has gone")
    func clocksApart() async throws {
        try await PresenceStage.run { stage in
            let (a, b) = (try await stage.relay(), try await stage.relay(clockAhead: 60))
            try await stage.makeTopic(at: a)
            let member = try await StageClient("member", at: a)
            try await member.join()
            let watcher = try await StageClient("watcher", .greta, at: b)
            try await until("it is told") { try await watcher.names == ["member"] }
            for second in 0..<90 {
                stage.clock.pass(seconds: 1)
                if second % 10 == 0 { #expect(await a.service.renewLeases()) }
                #expect(await b.service.expireLeases())
            }
            #expect(b.service.figures.expired == 0)
            #expect(try await watcher.told.filter { $0.hasPrefix("leave") }.isEmpty)
            try await a.kill()
            for _ in 0..<stage.settings.leaseSeconds {
                stage.clock.pass(seconds: 1)
                #expect(await b.service.expireLeases())
            }
            try await until("it has gone") { try await watcher.names.isEmpty }
        }
    }

    @Test("who leaves has left also for a relay whose clock is far ahead, or far behind", arguments: [-3_600, 3_600])
    func farApart(seconds: Int64) async throws {
        try await PresenceStage.run { stage in
            let (a, b) = (try await stage.relay(), try await stage.relay(clockAhead: seconds))
            try await stage.makeTopic(at: a)
            let (here, there) = (try await StageClient("here", at: a), try await StageClient("there", .greta, at: b))
            for client in [here, there] { try await client.join() }
            for client in [here, there] {
                try await until("both are seen") { try await client.names == ["here", "there"] }
            }
            for client in [here, there] { try await client.leave() }
            for client in [here, there] { try await until("nobody is there") { try await client.names.isEmpty } }
            #expect(try await stage.stored(at: a).isEmpty)
            #expect(try await stage.stored(at: b).isEmpty)
        }
    }

    @Test("a lease has lapsed when nobody has renewed it for so long, and not before")
    func watching() {
        var watch = LeaseWatch()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        func finds(_ deadline: Deadline, after seconds: Int64) -> Bool {
            watch.beginLook()
            return watch.hasLapsed(deadline, at: start + .seconds(seconds), after: .seconds(12))
        }
        // How far off the end is told to be does not matter.
        let renewed = Deadline.renewed(Self.name, at: .at(-900))
        let suspected = Deadline.suspected(Self.name, at: .at(0))
        #expect([0, 6, 11].map { finds($0 == 0 ? renewed : suspected, after: $0) } == [false, false, false])
        #expect([12, 13].map { finds($0 == 12 ? renewed : suspected, after: $0) } == [false, false])
        #expect([23, 24].map { finds(suspected, after: $0) } == [false, true])
        // Where it was not found for long it was renewed meanwhile.
        for _ in 0..<9 { watch.beginLook() }
        #expect([60, 71, 72].map { finds(suspected, after: $0) } == [false, false, true])
    }

    @Test("a relay looks after what it says and knows, however long leases are")
    func longLeases() async throws {
        try await PresenceStage.run {
            $0.leaseSeconds = 3_600
        } _: { stage in
            var stage = stage
            stage.lookInterval = .milliseconds(20)
            let relay = try await stage.relay()
            try await stage.makeTopic(at: relay)
            let one = try await StageClient("one", at: relay)
            try await one.join("1")
            try await until("it is told") { try await one.names == ["one"] }
            try await stage.server.lose(Self.part)
            try await relay.broker.checkPosition(of: Self.part)
            try await until("it is said again") { try await stage.stored(at: relay) == ["one"] }
        }
    }

    @Test("a topic that is made again keeps its lease when the last is said of the one before")
    func madeAgain() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.relay()
            let before = PresenceRoom(.init(topic: PresenceStage.news, id: "1"))
            let after = PresenceRoom(.init(topic: PresenceStage.news, id: "2"))
            relay.service.registry.withLock { registry in
                registry.add(before)
                registry.add(after)
            }
            for room in [before, after] { try await relay.service.beginLease(of: room) }
            await relay.service.endLease(of: before)
            #expect(stage.server.leases.count == 1)
            relay.service.forget(before)
            await relay.service.endLease(of: after)
            #expect(stage.server.leases.count == 0)
        }
    }

    @Test("members of a relay that nobody vouches for are found by who asks who is there")
    func foundByReading() async throws {
        try await PresenceStage.run { stage in
            let (a, b) = (try await stage.relay(), try await stage.relay())
            try await stage.makeTopic(at: a)
            let one = try await StageClient("one", at: a)
            try await one.join()
            try await a.kill()
            await stage.server.leases.removeDeadlines([Deadline.Name(topic: Self.part, peer: a.service.relay.text)])
            #expect(try await stage.stored(at: b) == ["one"])
            try await until("it has to be renewed") { stage.server.leases.count == 1 }
            try await stage.lapse(at: b)
            #expect(try await stage.stored(at: b).isEmpty)
        }
    }
}
