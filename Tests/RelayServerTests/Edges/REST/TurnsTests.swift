import Foundation
import RelayAccess
import Synchronization
import Testing

@testable import RelayServer

@Suite("Turns at what takes long")
struct TurnsTests {
    private struct Failed: Error {}

    private final class Counts: Sendable {
        let now = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let done = Atomic<Int>(0)
    }

    @Test("no more than a few run at a time, all get their turn, and one that fails gives its back", arguments: [1, 3])
    func bounded(atOnce: Int) async {
        let turns = Turns(atOnce: atOnce, maxLists: 1)
        let counts = Counts()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try? await turns.run {
                        let now = counts.now.add(1, ordering: .relaxed).newValue
                        counts.most.max(now, ordering: .relaxed)
                        Thread.sleep(forTimeInterval: 0.000_1)
                        counts.now.subtract(1, ordering: .relaxed)
                        counts.done.add(1, ordering: .relaxed)
                        if number % 3 == 0 { throw Failed() }
                    }
                }
            }
        }
        #expect(counts.done.load(ordering: .relaxed) == 200)
        #expect(counts.most.load(ordering: .relaxed) <= atOnce)
    }

    @Test("lists leave half of the processors to others, and have one at least")
    func lists() async {
        #expect(await Turns.ofLists(processors: 1, maxLists: 1).run { 7 } == 7)
    }

    @Test(
        "lists that wait for the store keep nobody from a turn, and are no more than so many",
        .timeLimit(.minutes(1))
    )
    func hanging() async throws {
        let turns = Turns(atOnce: 1, maxLists: 3)
        let (ends, end) = AsyncStream<Void>.makeStream()
        let counts = Counts()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await turns.list {
                        counts.now.add(1, ordering: .relaxed)
                        for await _ in ends {}
                    }
                }
            }
            while counts.now.load(ordering: .relaxed) < 2 { await Task.yield() }
            #expect(try await turns.list { await turns.run { 7 } } == 7)
            await #expect(throws: AccessError(.overloaded)) {
                try await turns.list { try await turns.list { Issue.record("one too many") } }
            }
            end.finish()
            try await group.waitForAll()
        }
        #expect(try await turns.list { 8 } == 8)
    }
}
