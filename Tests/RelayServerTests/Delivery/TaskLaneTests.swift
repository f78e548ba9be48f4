import Synchronization
import Testing

@testable import RelayServer

@Suite("Task lane")
struct TaskLaneTests {
    @Test("takes no more jobs than its bound at a time, and again when some are done")
    func bound() async {
        let lane = TaskLane(maxJobs: 2)
        #expect(lane.run {})
        #expect(lane.run {})
        #expect(!lane.run {})
        let (ends, end) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await lane.run() }
            // As soon as one of the first two has ended there is room for this one.
            while !lane.run({ end.finish() }) { await Task.yield() }
            for await _ in ends {}
            lane.close()
        }
        #expect(!lane.run {})
    }
}
