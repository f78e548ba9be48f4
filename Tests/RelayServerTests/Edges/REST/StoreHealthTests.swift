import NIOCore
import NIOHTTP1
import RelayCore
import Synchronization
import Testing

@testable import RelayServer

@Suite("Health of the store", .timeLimit(.minutes(1)))
struct StoreHealthTests {
    /// A store whose first answer the test gives, once it wants to.
    private final class HeldCheck: Sendable {
        private let asked = Mutex(0)
        private let gate = AsyncStream<Void>.makeStream()

        var count: Int { self.asked.withLock { $0 } }

        /// Only the first question waits for ``answer()``.
        func check() async {
            let isFirst = self.asked.withLock { asked in
                asked += 1
                return asked == 1
            }
            guard isFirst else { return }
            for await _ in self.gate.stream { return }
        }

        func answer() { self.gate.continuation.yield() }
    }

    private func withLane(_ body: (TaskLane) async throws -> Void) async rethrows {
        let lane = TaskLane(maxJobs: 100)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await lane.run() }
            defer { lane.close() }
            try await body(lane)
        }
    }

    @Test("the store's word is passed on")
    func passedOn() async {
        await self.withLane { lane in
            let healthy = StoreHealth(patience: .seconds(30), lane: lane) {}
            #expect(await healthy.answer() == .healthy)
            let broken = StoreHealth(patience: .seconds(30), lane: lane) { throw StoreError(.unavailable, "gone") }
            #expect(await broken.answer() == .unhealthy)
            #expect(await broken.answer() == .unhealthy)
        }
    }

    @Test("what changes is reported once, with its reason")
    func reported() async {
        await self.withLane { lane in
            let said = Mutex<[String]>([])
            let error = Mutex<StoreError?>(StoreError(.unavailable, "gone"))
            let report: @Sendable ((any Error)?) -> Void = { error in
                said.withLock { $0.append(error.map { "\($0)" } ?? "back") }
            }
            let health = StoreHealth(patience: .seconds(30), lane: lane, report: report) {
                if let error = error.withLock({ $0 }) { throw error }
            }
            for _ in 0..<2 { #expect(await health.answer() == .unhealthy) }
            error.withLock { $0 = nil }
            for _ in 0..<2 { #expect(await health.answer() == .healthy) }
            #expect(said.withLock { $0 } == ["unavailable: gone", "back"])
        }
    }

    @Test("a store that does not answer is late, is asked no second question, and may answer later")
    func late() async {
        await self.withLane { lane in
            let held = HeldCheck()
            let health = StoreHealth(patience: .milliseconds(10), lane: lane) { await held.check() }
            for _ in 0..<3 { #expect(await health.answer() == .late) }
            #expect(held.count == 1)
            held.answer()
            var answer = StoreHealth.Answer.late
            while answer == .late { answer = await health.answer() }
            #expect(answer == .healthy)
        }
    }

    @Test("a relay that is stopping is not healthy")
    func stopping() async {
        let lane = TaskLane(maxJobs: 100)
        lane.close()
        let health = StoreHealth(patience: .seconds(30), lane: lane) {}
        #expect(await health.answer() == .unhealthy)
    }

    @Test("only a healthy store makes the relay ready")
    func readiness() {
        let cases: [(StoreHealth.Answer, UInt, String)] = [
            (.healthy, 200, #"{"ready":true,"checks":{"storage":"ok"}}"#),
            (.unhealthy, 503, #"{"ready":false,"checks":{"storage":"unhealthy"}}"#),
            (.late, 503, #"{"ready":false,"checks":{"storage":"error: no answer in time"}}"#),
        ]
        for (answer, status, body) in cases {
            let reply = OperationRoutes.readiness(answer)
            #expect(reply.status.code == status)
            #expect(String(buffer: reply.body) == body)
        }
    }
}
