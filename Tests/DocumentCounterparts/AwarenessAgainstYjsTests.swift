import RelayDocuments
import Testing

@Suite("Awareness against y-protocols", .enabled(if: Counterpart.yjs.isInstalled), .timeLimit(.minutes(5)))
struct AwarenessAgainstYjsTests {
    private let start = Duration.seconds(1_000)
    private var later: Duration { self.start + .seconds(100) }

    private func entry(_ client: UInt64, _ clock: UInt64, _ state: String? = "{}") -> AwarenessEntry {
        AwarenessEntry(client: client, clock: clock, state: state.map { Array($0.utf8) })
    }

    @Test("States are seen, and removals with an unchanged clock believed")
    func seen() async throws {
        let shown = AwarenessUpdate([self.entry(8, 1, "{\"n\":\"é\"}"), self.entry(1 << 40, 3)])
        let gone = AwarenessUpdate([self.entry(8, 1, nil)])
        let client = try await Counterpart.yjs.awareness(id: 7, clock: 1, [shown.encoded()])
        #expect(client.others == [8, 1 << 40])
        let after = try await Counterpart.yjs.awareness(id: 7, clock: 1, [shown.encoded(), gone.encoded()])
        #expect(after.others == [1 << 40])
    }

    @Test("A client that returns is visible after one answer")
    func invisibleReturn() async throws {
        var awareness = Awareness<Int, String>(now: self.start)
        let update = AwarenessUpdate([self.entry(7, 4)])
        _ = awareness.receive(update, from: 1, user: nil, now: self.later)
        _ = awareness.connectionClosed(1)
        let answer = awareness.receive(update, from: 2, user: nil, now: self.later).answer
        let client = try await Counterpart.yjs.awareness(id: 7, clock: 4, [AwarenessUpdate(answer).encoded()])
        #expect(client.shown)
        #expect(client.clock == 5)
        let sent = try #require(client.sent.last)
        let again = awareness.receive(try AwarenessUpdate(bytes(sent)), from: 2, user: nil, now: self.later)
        #expect(again.broadcast.map(\.clock) == [5])
        #expect(awareness.states.map(\.client) == [7])
    }
}
