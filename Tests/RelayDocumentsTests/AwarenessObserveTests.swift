import RelayDocuments
import SeededRandom
import Testing

@Suite("Awareness that comes by the stream that relays share")
struct AwarenessObserveTests {
    private let start = Duration.seconds(1_000)
    /// Past the first minute.
    private var later: Duration { self.start + .seconds(100) }
    private var awareness: Awareness<Int, String>

    init() {
        self.awareness = Awareness(now: self.start)
    }

    private func entry(_ client: UInt64, _ clock: UInt64, _ state: String? = "{}") -> AwarenessEntry {
        AwarenessEntry(client: client, clock: clock, state: state.map { Array($0.utf8) })
    }

    private mutating func observe(_ entries: AwarenessEntry..., user: String? = "ann", after: Duration = .zero) {
        self.awareness.observe(entries, of: user, now: self.later + after)
    }

    private mutating func send(_ entry: AwarenessEntry, from connection: Int = 1, user: String = "ann")
        -> AwarenessOutcome
    {
        self.awareness.receive(AwarenessUpdate([entry]), from: connection, user: user, now: self.later)
    }

    @Test("Entries from elsewhere are present until they are removed or out of date")
    mutating func elsewhere() {
        self.observe(self.entry(8, 3), self.entry(9, 1))
        self.observe(self.entry(8, 2, #"{"old":1}"#), self.entry(9, 0, nil))
        #expect(self.awareness.states == [self.entry(8, 3), self.entry(9, 1)])
        self.observe(self.entry(8, 3, nil))
        #expect(self.awareness.states == [self.entry(9, 1)])
        self.observe(self.entry(9, 2), after: .seconds(20))
        #expect(self.awareness.timePassed(now: self.later + .seconds(49)) == [])
        #expect(self.awareness.timePassed(now: self.later + .seconds(50)) == [self.entry(9, 2, nil)])
        self.observe(self.entry(9, 2), after: .seconds(51))
        #expect(self.awareness.states == [], "who is gone is not back with the clock that it had")
    }

    @Test("What a connection here has said comes back, and is its own still")
    mutating func own() {
        _ = self.send(self.entry(8, 5))
        self.observe(self.entry(8, 5))
        #expect(self.awareness.connectionClosed(1) == [self.entry(8, 5, nil)])
        self.observe(self.entry(8, 5, nil))
        #expect(self.awareness.states == [])
    }

    @Test("A client that has gone to another relay takes its entry along")
    mutating func moved() {
        _ = self.send(self.entry(8, 5))
        self.observe(self.entry(8, 6))
        #expect(self.awareness.connectionClosed(1) == [])
        #expect(self.awareness.states == [self.entry(8, 6)])
    }

    @Test("A removal that comes late harms nobody who is back")
    mutating func lateRemoval() {
        self.observe(self.entry(8, 5))
        let back = self.send(self.entry(8, 5))
        #expect(back.answer == [self.entry(8, 5, nil)], "its first word: it is asked to outlive the removal")
        #expect(self.send(self.entry(8, 6)).broadcast == [self.entry(8, 6)])
        self.observe(self.entry(8, 5, nil))
        #expect(self.awareness.states == [self.entry(8, 6)])
    }

    @Test("A provider that sends back what it hears of others on another relay is not told that they are gone")
    mutating func echo() {
        _ = self.send(self.entry(7, 0))
        self.observe(self.entry(8, 5))
        #expect(self.send(self.entry(8, 5)) == AwarenessOutcome())
        #expect(self.awareness.connectionClosed(1) == [])
        #expect(self.awareness.states == [self.entry(8, 5)])
    }

    @Test("Two relays that see one stream have the same people, whoever says what and whichever comes first")
    mutating func agreement() {
        for seed in 0..<200 {
            var random = SeededGenerator(seed: UInt64(seed))
            var relays = [Awareness<Int, String>](repeating: Awareness(now: self.start), count: 2)
            var stream: [AwarenessEntry] = []
            var read = [0, 0]
            for _ in 0..<60 {
                let relay = Int.random(in: 0..<2, using: &random)
                if random.chance(50), read[relay] < stream.count {
                    relays[relay].observe([stream[read[relay]]], of: "ann", now: self.later)
                    read[relay] += 1
                    continue
                }
                let client = UInt64.random(in: 1...3, using: &random)
                let connection = Int(client) * 10 + relay
                if random.chance(20) {
                    stream += relays[relay].connectionClosed(connection)
                } else {
                    let state = random.chance(80) ? "{}" : nil
                    let said = self.entry(client, UInt64.random(in: 0...20, using: &random), state)
                    let update = AwarenessUpdate([said])
                    stream += relays[relay].receive(update, from: connection, user: "ann", now: self.later).broadcast
                }
            }
            for relay in 0..<2 {
                relays[relay].observe(Array(stream[read[relay]...]), of: "ann", now: self.later)
            }
            #expect(relays[0].states == relays[1].states, "seed \(seed)")
        }
    }

    @Test("States beyond the limits are not kept")
    mutating func limits() {
        self.observe(self.entry(8, 1, #""\#(String(repeating: "a", count: 50_000))""#))
        #expect(self.awareness.states == [])
    }
}
