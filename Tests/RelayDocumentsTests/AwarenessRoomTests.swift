import RelayDocuments
import Testing

@Suite("The memory that awareness may take")
struct AwarenessRoomTests {
    private typealias People = Awareness<Int, String>

    private static func entry(_ client: UInt64, _ clock: UInt64, _ bytes: Int?) -> AwarenessUpdate {
        let state = bytes.map { [UInt8(ascii: "\"")] + [UInt8](repeating: 0x61, count: $0 - 2) + [UInt8(ascii: "\"")] }
        return AwarenessUpdate([AwarenessEntry(client: client, clock: clock, state: state)])
    }

    private let start = Duration.seconds(1_000)

    @Test("Entries beyond it are dropped, wherever they come from, and who goes makes room")
    func bound() {
        var people = People(limits: AwarenessLimits(maxBytes: 1_000, settling: .zero), now: self.start)
        let receive = { (people: inout People, client: UInt64, clock: UInt64, bytes: Int?) in
            people.receive(Self.entry(client, clock, bytes), from: Int(client), user: nil, now: self.start)
        }
        #expect(receive(&people, 1, 1, 300).dropped == 0)
        #expect(receive(&people, 2, 1, 300).dropped == 0)
        let full = people.bytes
        #expect((600...1_000).contains(full))
        #expect(receive(&people, 3, 1, 300).dropped == 1)
        people.observe(Self.entry(4, 1, 300).entries, of: nil, now: self.start)
        #expect(people.bytes == full && people.states.count == 2)
        // One of its own is replaced, if that has room.
        #expect(receive(&people, 1, 2, 100).dropped == 0)
        #expect(people.bytes == full - 200)
        #expect(receive(&people, 1, 3, 900).dropped == 1)
        #expect(receive(&people, 2, 2, nil).dropped == 0)
        #expect(people.connectionClosed(1).count == 1)
        #expect(people.bytes == 0)
        #expect(receive(&people, 3, 2, 300).dropped == 0)
    }

    @Test("What times out takes nothing any more")
    func timeout() {
        var people = People(limits: AwarenessLimits(settling: .zero), now: self.start)
        people.observe(Self.entry(4, 1, 300).entries, of: nil, now: self.start)
        #expect(people.bytes > 300)
        _ = people.timePassed(now: self.start + .seconds(31))
        #expect(people.bytes == 0)
    }
}

@Suite("Clocks of awareness that nobody could reach")
struct AwarenessLeapTests {
    private let start = Duration.seconds(1_000)

    @Test("A clock far above the known one is dropped, so that its owner can go on")
    func leap() throws {
        var people = Awareness<Int, String>(limits: AwarenessLimits(settling: .zero), now: self.start)
        for clock in [(1 << 32) - 1, 1 << 32, (1 << 53) - 1] as [UInt64] {
            let entry = AwarenessEntry(client: 7, clock: clock, state: Array("{}".utf8))
            // It can be said: a clock is a number like any other.
            let update = try AwarenessUpdate(AwarenessUpdate([entry]).encoded())
            #expect(update.entries == [entry])
            let outcome = people.receive(update, from: 1, user: nil, now: self.start)
            #expect(outcome.broadcast.isEmpty && outcome.answer.isEmpty && outcome.dropped == 1)
            people.observe([entry], of: nil, now: self.start)
        }
        #expect(people.states.isEmpty)
        let owner = AwarenessUpdate([AwarenessEntry(client: 7, clock: 1, state: Array("{}".utf8))])
        #expect(people.receive(owner, from: 2, user: nil, now: self.start).broadcast.count == 1)
    }

    @Test("Removals of who is not here say nothing to others, and so does what stands behind a thousand entries")
    func flood() {
        var people = Awareness<Int, String>(limits: AwarenessLimits(settling: .zero), now: self.start)
        let entry = AwarenessEntry(client: 7, clock: 1, state: Array("{}".utf8))
        _ = people.receive(AwarenessUpdate([entry]), from: 1, user: nil, now: self.start)
        _ = people.connectionClosed(1)
        for clock in 2..<100 as Range<UInt64> {
            let removal = AwarenessUpdate([AwarenessEntry(client: 7, clock: clock, state: nil)])
            #expect(people.receive(removal, from: 2, user: nil, now: self.start).broadcast.isEmpty)
        }
        let crowd = (0..<5_000).map { AwarenessEntry(client: UInt64($0), clock: 1, state: nil) }
        #expect(people.receive(AwarenessUpdate(crowd), from: 2, user: nil, now: self.start).dropped == 4_000)
    }
}
