import GRDB
import RelayCore
import Synchronization

/// Group commit: everything that waits goes into one transaction, and what arrives meanwhile into the next.
///
/// All writes of the store come through here, so this process never competes with itself for SQLite's write lock.
/// Another process may hold it for a moment (the command line); then `BEGIN` waits up to the busy timeout.
final class Writer: Sendable {
    private let pool: DatabasePool
    private let queue: WriteQueue
    /// Taken by the pool's writer queue alone, for a whole transaction: a place for its state, never a point to wait at.
    private let cache = Mutex(StreamCache())
    /// Transactions committed since the start.
    let commits = Atomic<Int>(0)

    init(pool: DatabasePool, maxQueuedBytes: Int) {
        self.pool = pool
        self.queue = WriteQueue(maxBytes: maxQueuedBytes)
    }

    var isClosed: Bool { self.queue.isClosed }
    /// Jobs behind those of the transaction that runs.
    var waiting: Int { self.queue.count }

    func submit(_ job: WriteJob) {
        self.follow(self.queue.enqueue(job), job)
    }

    /// Refuses further jobs, and returns when all that were taken are done.
    func close() async {
        await withCheckedContinuation { continuation in
            let done: @Sendable () -> Void = { continuation.resume() }
            let last = WriteJob(cost: 0, perform: { _, _ in done }, fail: { _ in done() })
            guard let admission = self.queue.close(with: last) else { return done() }
            self.follow(admission, last)
        }
    }

    private func follow(_ admission: WriteQueue.Admission, _ job: WriteJob) {
        switch admission {
        case .startDraining: self.pool.asyncWriteWithoutTransaction { self.drain($0) }
        case .queued: break
        case .refused(let error): job.fail(error)
        }
    }

    private func drain(_ db: Database) {
        while true {
            let jobs = self.queue.next()
            guard !jobs.isEmpty else { return }
            self.commit(jobs, db)
        }
    }

    /// Where one job spoils a transaction it is done again job by job, so that its neighbours don't suffer.
    private func commit(_ jobs: [WriteJob], _ db: Database) {
        do throws(TransactionFailure) {
            let completions = try self.transaction(jobs, db)
            self.commits.add(1, ordering: .relaxed)
            for complete in completions { complete() }
        } catch {
            guard jobs.count > 1, error.mayBeOneJobs else { return jobs.forEach { $0.fail(error.error) } }
            for job in jobs { self.commit([job], db) }
        }
    }

    private func transaction(
        _ jobs: [WriteJob],
        _ db: Database
    ) throws(TransactionFailure) -> [@Sendable () -> Void] {
        let completions: [@Sendable () -> Void]
        do {
            try db.beginTransaction(.immediate)
            completions = try self.cache.withLock { cache in
                cache.makeRoom()
                let completions = try jobs.map { try $0.perform(db, &cache) }
                try cache.flush(to: db)
                return completions
            }
        } catch {
            self.undo(db)
            throw .before(error)
        }
        do {
            try db.commit()
        } catch {
            self.undo(db)
            throw .during(error)
        }
        return completions
    }

    /// The cache may hold what was not committed; it is read anew from the file.
    private func undo(_ db: Database) {
        self.cache.withLock { $0.reset() }
        // SQLite has rolled back by itself where this fails.
        if db.isInsideTransaction { try? db.rollback() }
    }
}

/// Why a transaction did not come about.
private struct TransactionFailure: Error {
    let error: StoreError
    /// Whether the jobs might succeed without one of them. Not where the file or the disk is at fault.
    let mayBeOneJobs: Bool

    static func before(_ error: any Error) -> TransactionFailure {
        let jobFaults: [ResultCode] = [
            .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_FULL, .SQLITE_RANGE,
        ]
        let code = (error as? DatabaseError)?.resultCode
        return TransactionFailure(
            error: StoreError(sqlite: error),
            mayBeOneJobs: code.map { jobFaults.contains($0) } ?? true
        )
    }

    static func during(_ error: any Error) -> TransactionFailure {
        let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL
        return TransactionFailure(error: StoreError(sqliteCommit: error), mayBeOneJobs: isFull)
    }
}
