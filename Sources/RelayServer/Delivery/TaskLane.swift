import ServiceLifecycle
import Synchronization

/// Runs what an event loop can't: work that suspends. The children of one task group, so that shutdown waits for them.
///
/// Each connection has at most one request here, and connections are bounded; but a job outlives a connection that hangs
/// up. So jobs have a bound of their own: else whoever connects, asks and hangs up fast enough could pile them up.
final class TaskLane: Service {
    typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let continuation: AsyncStream<Job>.Continuation
    private let maxJobs: Int
    /// Jobs that wait or run.
    private let count = Atomic<Int>(0)

    /// - Parameter maxJobs: how many may wait or run at a time.
    init(maxJobs: Int) {
        self.maxJobs = maxJobs
        (self.jobs, self.continuation) = AsyncStream.makeStream()
    }

    /// - Returns: false where the lane is full or has closed, and the job will not run.
    func run(_ job: @escaping Job) -> Bool {
        guard self.count.add(1, ordering: .relaxed).newValue <= self.maxJobs,
            case .enqueued = self.continuation.yield(job)
        else {
            self.count.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Takes no more jobs; ``run()`` returns when those under way are done.
    func close() {
        self.continuation.finish()
    }

    /// Returns after ``close()``, once every job has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in self.jobs {
                group.addTask {
                    await job()
                    self.count.subtract(1, ordering: .relaxed)
                }
            }
        }
    }
}
