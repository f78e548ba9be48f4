import NIOCore
import SeededRandom
import Testing

@testable import RelayValkey

struct SubscriptionTableTests {
    private let a = ValkeyChannel("a")

    @Test("Channels wanted before a connection are asked for with it, and again with the next")
    func restores() {
        var table = SubscriptionTable()
        #expect(table.subscribe(self.a) == nil)
        #expect(table.connected().requests == [.subscribe(self.a)])
        #expect(!table.delivers(self.a))
        #expect(names(table.subscribed(self.a)) == ["subscribed a", "restored"])
        #expect(table.delivers(self.a))
        #expect(table.disconnected() == true)
        #expect(table.disconnected() == false)
        #expect(!table.delivers(self.a))
        #expect(table.connected().requests == [.subscribe(self.a)])
    }

    @Test("A channel given up and wanted again is subscribed by its last request only")
    func again() {
        var table = SubscriptionTable()
        #expect(table.connected().isRestored)
        #expect(table.subscribe(self.a) == .subscribe(self.a))
        #expect(table.subscribe(self.a) == nil)
        #expect(table.unsubscribe(self.a) == .unsubscribe(self.a))
        #expect(table.unsubscribe(self.a) == nil)
        #expect(table.subscribe(self.a) == .subscribe(self.a))
        #expect(names(table.subscribed(self.a)) == [])
        #expect(!table.delivers(self.a))
        #expect(names(table.unsubscribed(self.a)) == [])
        #expect(names(table.subscribed(self.a)) == ["subscribed a"])
        #expect(table.delivers(self.a))
    }

    @Test("A refused subscription, and one that the server ends, is dropped")
    func dropped() {
        var table = SubscriptionTable()
        _ = table.connected()
        let sharded = ValkeyChannel("a", isSharded: true)
        _ = table.subscribe(sharded)
        _ = table.subscribe(self.a)
        #expect(names(table.refused(ValkeyServerError(line: "MOVED 1 h:1"))) == ["dropped sharded a MOVED 1 h:1"])
        #expect(names(table.subscribed(self.a)) == ["subscribed a"])
        #expect(names(table.unsubscribed(self.a)) == ["dropped a nil"])
        #expect(table.refused(ValkeyServerError(line: "ERR x")) == nil)
        #expect(table.subscribed(self.a) == nil)
    }

    @Test(
        "Against a model server, whatever the interleaving, what is wanted in the end is what is delivered",
        arguments: 0..<100
    )
    func interleavings(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var table = SubscriptionTable()
        var wire: [SubscriptionTable.Request] = []
        var served: Set<ValkeyChannel> = []
        var wanted: Set<ValkeyChannel> = []
        func serve(_ table: inout SubscriptionTable) {
            switch wire.removeFirst() {
            case .subscribe(let channel):
                served.insert(channel)
                #expect(table.subscribed(channel) != nil)
            case .unsubscribe(let channel):
                served.remove(channel)
                #expect(names(table.unsubscribed(channel)) == [])
            }
        }
        wire = table.connected().requests
        for _ in 0..<300 {
            let channel = ValkeyChannel("\(Int.random(in: 0..<4, using: &random))")
            switch Int.random(in: 0..<12, using: &random) {
            case 0...3:
                wanted.insert(channel)
                wire += table.subscribe(channel).map { [$0] } ?? []
            case 4...6:
                wanted.remove(channel)
                wire += table.unsubscribe(channel).map { [$0] } ?? []
            case 7...10: if !wire.isEmpty { serve(&table) }
            default:
                #expect(table.disconnected() == true)
                served = []
                wire = table.connected().requests
            }
        }
        while !wire.isEmpty { serve(&table) }
        #expect(served == wanted)
        #expect(
            (0..<4).map { ValkeyChannel("\($0)") }.filter { table.delivers($0) } == wanted.sorted { $0.name < $1.name }
        )
    }

    @Test("A pulse asks after silence, and gives up after more")
    func pulse() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var pulse = Pulse(interval: .seconds(1), patience: .seconds(3), now: start)
        #expect(pulse.tick(now: start + .milliseconds(999)) == .nothing)
        #expect(pulse.tick(now: start + .seconds(1)) == .ping)
        #expect(pulse.tick(now: start + .seconds(3)) == .nothing)
        #expect(pulse.tick(now: start + .seconds(4)) == .dead)
        pulse.heard(now: start + .seconds(4))
        #expect(pulse.tick(now: start + .seconds(4)) == .nothing)
    }
}

private func names(_ events: [ValkeySubscriberEvent]?) -> [String] {
    (events ?? []).map { event in
        switch event {
        case .message(let channel, _): "message \(channel)"
        case .subscribed(let channel): "subscribed \(channel)"
        case .dropped(let channel, let error): "dropped \(channel) \(error?.description ?? "nil")"
        case .interrupted: "interrupted"
        case .lost: "lost"
        case .restored: "restored"
        }
    }
}
