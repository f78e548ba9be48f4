import Logging
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// Where all that administrators do is recorded: a line of the log at once, and a record in the store soon after.
///
/// Nobody waits for the store. A record that it does not take waits for the next time; of too many that wait, the rest is counted, and the
/// count recorded as `audit.lost`. Whoever must have every record has the log.
///
/// Owns the records that wait, in a short `Mutex`.
final class AuditTrail: Sendable {
    private static let firstDelay = Duration.milliseconds(500)
    private static let longestDelay = Duration.seconds(30)

    /// The relay's, see ``NodeDirectory``.
    let node: String
    private let store: any AuditStore
    private let settings: @Sendable () -> RelayConfiguration.Audit
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let queue = Mutex(AuditQueue())
    private let budget = Mutex(AuditBudget())
    /// Whether a batch is under way: there is one at a time.
    private let isWriting = Mutex(false)
    private let arrivals: AsyncStream<Void>
    private let arrival: AsyncStream<Void>.Continuation

    /// - Parameter settings: as they are now.
    init(
        node: String,
        store: any AuditStore,
        settings: @escaping @Sendable () -> RelayConfiguration.Audit,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.node = node
        self.store = store
        self.settings = settings
        self.now = now
        self.logger = logger
        (self.arrivals, self.arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Records an act. From any thread; waits for nothing.
    ///
    /// - Parameters:
    ///   - cause: of others than administrators few are kept.
    ///   - request: what log lines about the request have by which it was done.
    func record(_ act: AuditAct, by cause: AuditCause = .administrator, in request: Logger.Metadata = [:]) {
        let record = act.record(at: self.now(), node: self.node)
        self.log(record, request)
        let most = self.settings().maxRecords
        guard self.budget.withLock({ $0.take(cause, at: record.at.microseconds, of: most) }) else { return }
        self.queue.withLock { $0.add(record) }
        self.arrival.yield()
    }

    /// Which sign-ins are to be recorded.
    var signIns: AuditedSignIns { self.settings().signIns }

    private func log(_ record: AuditRecord, _ request: Logger.Metadata) {
        var metadata = request
        metadata["action"] = "\(record.action)"
        metadata["outcome"] = "\(record.outcome)"
        metadata["audit_id"] = "\(record.id)"
        if let user = record.user { metadata["user_id"] = "\(user)" }
        if let name = record.username { metadata["username"] = "\(name)" }
        if let address = record.address { metadata["address"] = "\(address)" }
        if let target = record.target { metadata["target"] = "\(target)" }
        if let name = record.targetName { metadata["target_name"] = "\(name)" }
        if let status = record.status { metadata["status"] = "\(status)" }
        for (name, value) in record.details { metadata["detail_\(name)"] = "\(value)" }
        self.logger.notice("audit", metadata: metadata)
    }

    /// Records, newest first; older than `place` where one is given.
    func records(before place: AuditRecord.Place?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await self.store.auditRecords(before: place, limit: limit)
    }

    // MARK: To the store

    /// Returns when its task is cancelled.
    func run() async {
        var delay = Self.firstDelay
        for await _ in self.arrivals {
            while !Task.isCancelled {
                do throws(StoreError) {
                    try await self.flush()
                    delay = Self.firstDelay
                    break
                } catch {
                    self.logger.warning(
                        "the audit log can't be stored now; the relay tries again",
                        metadata: ["error": "\(error)", "waiting": "\(self.queue.withLock { $0.count })"]
                    )
                }
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, Self.longestDelay)
            }
        }
    }

    /// Has everything stored that waits. Returns at once where somebody else is about to.
    private func flush() async throws(StoreError) {
        let isMine = self.isWriting.withLock { isWriting in
            defer { isWriting = true }
            return !isWriting
        }
        guard isMine else { return }
        defer { self.isWriting.withLock { $0 = false } }
        while true {
            let (batch, lost) = self.queue.withLock { queue in
                let before = queue.lost
                return (queue.next(self.lossRecord), before - queue.lost)
            }
            if lost > 0 { self.tell(lost: lost) }
            guard !batch.isEmpty else { return }
            try await self.store.addAuditRecords(batch, keeping: self.settings().maxRecords)
            self.queue.withLock { $0.stored(batch.count) }
        }
    }

    /// Has everything stored, as far as the store takes it in time: the relay stops.
    func settle(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while !self.queue.withLock({ $0.isEmpty }), ContinuousClock.now < end {
            try? await self.flush()
            guard !self.queue.withLock({ $0.isEmpty }) else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func tell(lost: Int) {
        self.logger.error(
            "records of the audit log were not stored, since the store did not take them in time: the log has them",
            metadata: ["records": "\(lost)"]
        )
    }

    private func lossRecord(_ count: Int) -> AuditRecord {
        AuditAct(action: "audit.lost", outcome: .failed, details: ["records": "\(count)"])
            .record(at: self.now(), node: self.node)
    }

    /// Forgets what is older than it is kept.
    func sweep(at now: Timestamp) async throws(StoreError) {
        let seconds = self.settings().retention.components.seconds
        try await self.store.sweepAuditRecords(before: now.adding(seconds: -seconds))
    }
}

/// What is recorded: all of an ``AuditRecord`` but when and on which relay.
struct AuditAct: Sendable {
    var user: UserID?
    var username: String?
    var address: String?
    var action: String
    var target: String?
    var targetName: String?
    var outcome: AuditRecord.Outcome
    var status: Int?
    var details: [String: String] = [:]

    func record(at now: Timestamp, node: String) -> AuditRecord {
        AuditRecord(
            id: AuditRecord.newID(),
            at: now,
            node: node,
            user: self.user,
            username: self.username,
            address: self.address,
            action: self.action,
            target: self.target,
            targetName: self.targetName,
            outcome: self.outcome,
            status: self.status,
            details: self.details
        )
    }
}
