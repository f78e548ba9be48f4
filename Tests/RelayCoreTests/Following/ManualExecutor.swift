import Synchronization

/// Runs tasks on the thread of its test, in a fixed order: the same seed gives the same run.
final class ManualExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.jobs.withLock { $0.append(job) }
    }

    /// Runs until every task waits for something else.
    func drain() {
        while let job = self.jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
