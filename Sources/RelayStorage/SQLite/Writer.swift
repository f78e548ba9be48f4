import GRDB
import RelayCore
import Synchronization

/// Group commit: everything that waits goes into one transaction, and what arrives meanwhile into the next.
///
/// All writes of the store come through here, so this process never competes with itself for SQLite's write lock.
/// Another process may hold it for a moment (the command line); then `BEGIN` waits up to the busy timeout.
final class Writer: Sendable {
    private let pool: DatabasePool
    private let file: DatabaseFile
    private let queue: WriteQueue
    /// Nil for a guest, which commits little.
    private let checkpointer: Checkpointer?
    /// Taken by the pool's writer queue alone, for a whole transaction: a place for its state, never a point to wait at.
    private let cache = Mutex(StreamCache())
    /// Transactions committed since the start.
    let commits = Atomic<Int>(0)

    /// What a transaction held that the disk had no room for, in bytes; 0 once one of that size was committed.
    private let refusedBytes = Atomic<Int>(0)
    private let isDiskScarce = Atomic<Bool>(false)

    init(pool: DatabasePool, file: DatabaseFile, checkpointer: Checkpointer?, maxQueuedBytes: Int) {
        self.pool = pool
        self.file = file
        self.checkpointer = checkpointer
        self.queue = WriteQueue(maxBytes: maxQueuedBytes)
    }

    var isClosed: Bool { self.queue.isClosed }
    /// Jobs behind those of the transaction that runs.
    var waiting: Int { self.queue.count }

    /// Whether what makes room should not wait for the next sweep.
    var needsRoom: Bool { self.isDiskScarce.load(ordering: .relaxed) || self.probeBytes > 0 }
    /// How much a health check has to write to know whether there is room again; 0 where there was no want of it.
    var probeBytes: Int { self.refusedBytes.load(ordering: .relaxed) }
    /// A probe of that size was committed.
    func probeSucceeded() { self.refusedBytes.store(0, ordering: .relaxed) }

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
            self.commitWithinSpace(jobs, db)
        }
    }

    private func commitWithinSpace(_ jobs: [WriteJob], _ db: Database) {
        let space = DiskSpace(of: self.file)
        guard let space, space.isScarce else {
            self.isDiskScarce.store(false, ordering: .relaxed)
            return self.commit(jobs, db)
        }
        self.isDiskScarce.store(true, ordering: .relaxed)
        let unused = (try? db.unusedBytes()) ?? 0
        var rest = space.admitted(jobs.lazy.filter(\.needsRoom).map(\.cost), unused: unused)
        var admitted: [WriteJob] = []
        var refused: [WriteJob] = []
        for job in jobs {
            guard job.needsRoom else {
                admitted.append(job)
                continue
            }
            if rest > 0 { admitted.append(job) } else { refused.append(job) }
            rest -= 1
        }
        if !admitted.isEmpty { self.commit(admitted, db) }
        let error = StoreError(
            .full,
            "the disk of \(self.file.path) is nearly full: of the \(space.free >> 10) KiB left, \(space.reserve >> 10) KiB are kept for deletions"
        )
        self.note(refused, failed: error)
        for job in refused { job.fail(error) }
        // The log must not grow where it could not go back any more. What a reader still needs goes back the next time.
        self.checkpointer?.finish()
        _ = try? db.checkpoint(.passive)
    }

    /// Remembers what there was no room for, until as much was written again.
    private func note(_ jobs: [WriteJob], failed error: StoreError?) {
        let bytes = jobs.reduce(0) { $1.needsRoom ? $0 + $1.cost : $0 }
        if let error {
            guard error.code == .full, bytes > 0 else { return }
            self.refusedBytes.store(min(bytes, 1 << 20), ordering: .relaxed)
        } else if bytes >= self.probeBytes {
            self.refusedBytes.store(0, ordering: .relaxed)
        }
    }

    /// Where one job spoils a transaction it is done again job by job, so that its neighbours don't suffer.
    private func commit(_ jobs: [WriteJob], _ db: Database) {
        do throws(TransactionFailure) {
            let completions = try self.transaction(jobs, db)
            self.commits.add(1, ordering: .relaxed)
            if self.probeBytes > 0 { self.note(jobs, failed: nil) }
            for complete in completions { complete() }
            self.checkpointer?.committed(on: db)
        } catch {
            guard jobs.count > 1, error.mayBeOneJobs else {
                self.note(jobs, failed: error.error)
                return jobs.forEach { $0.fail(error.error) }
            }
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

extension Database {
    /// What of the file nothing is in, in bytes.
    fileprivate func unusedBytes() throws -> Int {
        try self.first("PRAGMA freelist_count", []) { Int(try $0.integer(0)) * Schema.pageBytes } ?? 0
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
