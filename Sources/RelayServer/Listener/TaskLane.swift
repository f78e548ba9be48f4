import ServiceLifecycle
import Synchronization

/// Runs what an event loop can't: work that suspends. The children of one task group, so that shutdown waits for them.
///
/// Needs no bound of its own: each connection has at most one request here, and connections are bounded.
final class TaskLane: Service {
    typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let continuation: AsyncStream<Job>.Continuation

    init() {
        (self.jobs, self.continuation) = AsyncStream.makeStream()
    }

    /// - Returns: false where the lane has closed, and the job will not run.
    @discardableResult
    func run(_ job: @escaping Job) -> Bool {
        switch self.continuation.yield(job) {
        case .enqueued: true
        case .dropped, .terminated: false
        @unknown default: false
        }
    }

    /// Takes no more jobs; ``run()`` returns when those under way are done.
    func close() {
        self.continuation.finish()
    }

    /// Returns after ``close()``, once every job has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in self.jobs {
                group.addTask { await job() }
            }
        }
    }
}
