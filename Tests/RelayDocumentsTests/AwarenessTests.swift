import RelayDocuments
import Testing

@Suite("Awareness")
struct AwarenessTests {
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

    private mutating func send(
        _ entries: AwarenessEntry...,
        from connection: Int = 1,
        user: String? = nil,
        after: Duration = .zero
    ) -> AwarenessOutcome {
        self.awareness.receive(AwarenessUpdate(entries), from: connection, user: user, now: self.later + after)
    }

    @Test("A higher clock is taken, an equal or lower one is not, clock 0 never")
    mutating func clocks() {
        #expect(self.send(self.entry(8, 0)) == AwarenessOutcome())
        #expect(self.send(self.entry(8, 1)).broadcast == [self.entry(8, 1)])
        #expect(self.send(self.entry(8, 1)) == AwarenessOutcome())
        #expect(self.send(self.entry(8, 3, "{\"a\":1}")).broadcast.count == 1)
        #expect(self.send(self.entry(8, 2)) == AwarenessOutcome())
        #expect(self.awareness.states == [self.entry(8, 3, "{\"a\":1}")])
    }

    @Test("An equal clock and null removes who is present, once")
    mutating func removal() {
        _ = self.send(self.entry(8, 4))
        #expect(self.send(self.entry(8, 3, nil)) == AwarenessOutcome())
        #expect(self.send(self.entry(8, 4, nil)).broadcast == [self.entry(8, 4, nil)])
        #expect(self.send(self.entry(8, 4, nil)) == AwarenessOutcome())
        #expect(self.awareness.states.isEmpty)
    }

    @Test("A connection that closes takes its clients along, with unchanged clocks, also after a reconnect")
    mutating func closing() {
        _ = self.send(self.entry(8, 1), self.entry(9, 5), from: 1)
        #expect(self.awareness.connectionClosed(1) == [self.entry(8, 1, nil), self.entry(9, 5, nil)])
        _ = self.send(self.entry(8, 2), from: 2)
        #expect(self.awareness.connectionClosed(2) == [self.entry(8, 2, nil)])
        #expect(self.awareness.connectionClosed(2) == [])
    }

    @Test("Who returns with the clock that all have seen is asked to raise it")
    mutating func invisibleReturn() {
        _ = self.send(self.entry(8, 7), from: 1)
        _ = self.awareness.connectionClosed(1)
        let outcome = self.send(self.entry(8, 7), from: 2)
        #expect(outcome.answer == [self.entry(8, 7, nil)])
        #expect(outcome.broadcast.isEmpty)
        #expect(self.send(self.entry(8, 8), from: 2).broadcast == [self.entry(8, 8)])
    }

    @Test("In the first minute everybody is asked to raise their clock once")
    mutating func settling() {
        let update = AwarenessUpdate([self.entry(8, 7)])
        let early = self.start + .seconds(59)
        #expect(self.awareness.receive(update, from: 1, user: nil, now: early).answer == [self.entry(8, 7, nil)])
        let raised = AwarenessUpdate([self.entry(8, 8)])
        #expect(self.awareness.receive(raised, from: 1, user: nil, now: early).broadcast == raised.entries)
        #expect(self.send(self.entry(9, 1)).broadcast == [self.entry(9, 1)])
    }

    @Test("What is not renewed for 30 s is removed")
    mutating func timeout() {
        _ = self.send(self.entry(8, 1))
        _ = self.send(self.entry(9, 1), after: .seconds(10))
        #expect(self.awareness.deadline == self.later + .seconds(30))
        #expect(self.awareness.timePassed(now: self.later + .seconds(29)) == [])
        #expect(self.awareness.timePassed(now: self.later + .seconds(30)) == [self.entry(8, 1, nil)])
        _ = self.send(self.entry(9, 2), after: .seconds(39))
        #expect(self.awareness.timePassed(now: self.later + .seconds(45)) == [])
    }

    @Test("Nobody writes the entry of a living connection's client, but the same user with a higher clock")
    mutating func ownership() {
        _ = self.send(self.entry(8, 1), from: 1, user: "ann")
        #expect(self.send(self.entry(8, 9), from: 2, user: "bob") == AwarenessOutcome())
        #expect(self.send(self.entry(8, 1, nil), from: 2, user: "ann") == AwarenessOutcome())
        #expect(self.send(self.entry(8, 1), from: 2, user: "ann") == AwarenessOutcome())
        #expect(self.send(self.entry(8, 2), from: 2, user: "ann").broadcast.count == 1)
        #expect(self.awareness.connectionClosed(1) == [])
        #expect(self.awareness.connectionClosed(2) == [self.entry(8, 2, nil)])
        _ = self.send(self.entry(9, 1), from: 3)
        #expect(self.send(self.entry(9, 2), from: 4) == AwarenessOutcome())
    }

    @Test("States, ids and kept clocks have bounds")
    mutating func bounds() {
        let large = self.entry(8, 1, "\"\(String(repeating: "x", count: 49_999))\"")
        #expect(self.send(large).dropped == 1)
        for client in 1...100 as ClosedRange<UInt64> { #expect(self.send(self.entry(client, 1)).dropped == 0) }
        #expect(self.send(self.entry(101, 1)).dropped == 1)
        for connection in 10..<211 {
            for client in 0..<100 { _ = self.send(self.entry(UInt64(connection * 1000 + client), 1), from: connection) }
            _ = self.awareness.connectionClosed(connection)
        }
        #expect(self.awareness.keptClocks <= 10_000)
        _ = self.send(self.entry(999_999, 5, nil), from: 5)
        #expect(self.awareness.keptClocks <= 10_000)
    }

    @Test("Who is too fast is told of once a second, with the newest state; repeats cost nothing")
    mutating func pace() {
        for clock in 1...60 as ClosedRange<UInt64> {
            let outcome = self.send(self.entry(8, clock), self.entry(8, clock))
            #expect(outcome.broadcast.count == (clock <= 50 ? 1 : 0))
        }
        #expect(self.awareness.deadline == self.later + .seconds(1))
        #expect(self.awareness.timePassed(now: self.later + .seconds(1)) == [self.entry(8, 60)])
        #expect(self.send(self.entry(8, 61), after: .seconds(1)).broadcast.count == 1)
    }
}
