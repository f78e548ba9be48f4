import RelayCore
import Synchronization

/// The jobs that wait for the writer: bounded in bytes, and refused at the bound.
final class WriteQueue: Sendable {
    fileprivate struct State {
        var jobs: [WriteJob] = []
        var bytes = 0
        /// Whether someone takes jobs, or was told to.
        var isDraining = false
        var isClosed = false
    }

    enum Admission {
        /// The caller must see to it that the queue is drained.
        case startDraining
        case queued
        case refused(StoreError)
    }

    /// A transaction's worth, so that one commit neither takes seconds nor outgrows the page cache.
    private static let transactionJobs = 4096
    private static let transactionBytes = 8 << 20

    private let maxBytes: Int
    private let state = Mutex(State())

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    var count: Int { self.state.withLock { $0.jobs.count } }

    /// A job larger than the bound is let in alone.
    func enqueue(_ job: WriteJob) -> Admission {
        self.state.withLock { state in
            guard !state.isClosed else { return .refused(StoreError(.unavailable, "the store is closed")) }
            guard state.jobs.isEmpty || state.bytes + job.cost <= self.maxBytes else {
                return .refused(StoreError(.unavailable, "\(state.bytes) bytes wait to be written"))
            }
            return state.admit(job)
        }
    }

    /// Refuses all further jobs.
    ///
    /// - Parameter job: the last one.
    /// - Returns: nil where the queue was closed already.
    func close(with job: WriteJob) -> Admission? {
        self.state.withLock { state in
            guard !state.isClosed else { return Admission?.none }
            state.isClosed = true
            return state.admit(job)
        }
    }

    /// The next transaction's jobs, in order. None ends the draining.
    func next() -> [WriteJob] {
        self.state.withLock { state in
            var bytes = 0
            let end = state.jobs.prefix(Self.transactionJobs).firstIndex { job in
                bytes += job.cost
                return bytes > Self.transactionBytes
            }
            let jobs = Array(state.jobs.prefix(max(1, end ?? Self.transactionJobs)))
            state.jobs.removeFirst(jobs.count)
            state.bytes -= jobs.reduce(0) { $0 + $1.cost }
            state.isDraining = !jobs.isEmpty
            return jobs
        }
    }
}

extension WriteQueue.State {
    fileprivate mutating func admit(_ job: WriteJob) -> WriteQueue.Admission {
        self.jobs.append(job)
        self.bytes += job.cost
        guard !self.isDraining else { return .queued }
        self.isDraining = true
        return .startDraining
    }
}
