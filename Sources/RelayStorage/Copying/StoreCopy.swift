public import RelayAccess
public import RelayCore
public import RelayWire

/// Fills an empty store with all that another holds, page by page. What broke off is gone on with by doing it again.
///
/// Users come with their passwords, tokens and webhooks, topics with their grants, states and named readers, and messages with the ids and epochs that they
/// have: so whoever reads goes on at its cursor, and every token goes on. The audit log comes too, and what waits for somebody (``PendingStore``).
/// No relay may be using either of the stores meanwhile: where it can be seen that one does, the copy is refused, or ends.
///
/// These are left behind, since they live for minutes: streams of tier `hot`, counts of requests, what is remembered of idempotency keys, and
/// deadlines, which relays set anew. A store that keeps no holes of epochs gets none.
public struct StoreCopy: Sendable {
    /// What is copied from and to.
    public typealias Endpoint = AccessStore & AuditStore & MessageStore & ReaderStore & StreamTransferStore & TopicStore
        & WebhookStore

    let source: any Endpoint
    let target: any Endpoint
    /// Messages that have expired by then are left behind.
    let now: Timestamp
    let tally: CopyTally
    private let clock: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - now: the time, by which messages expire.
    ///   - clock: the time as it goes on, by which relays are taken for gone.
    ///   - progress: called after each step, from any thread.
    public init(
        from source: any Endpoint,
        to target: any Endpoint,
        at now: Timestamp,
        clock: @escaping @Sendable () -> Timestamp,
        progress: @escaping @Sendable (CopyProgress) -> Void = { _ in }
    ) {
        self.source = source
        self.target = target
        self.now = now
        self.tally = CopyTally(progress)
        self.clock = clock
    }

    /// Records in a page.
    static let page = 500
    /// Users in a page. A Valkey has no order of them, and looks at all for each page.
    static let users = 5_000
    /// Users, topics or streams that are copied at a time: a store commits together what comes at once.
    static let atOnce = 16
    /// Messages in a page, and their bytes.
    static let messages = 1_000
    static let bytes = 4 << 20

    /// Copies everything, and compares it afterwards.
    ///
    /// - Parameter name: what the source is called, the same each time: a copy that broke off is gone on with from there alone.
    /// - Returns: what was copied.
    /// - Throws: ``CopyFailure``, `StoreError`, or `CancellationError`. Then the target is no relay's store: copy again, or empty it.
    public func run(from name: String) async throws -> CopyProgress {
        try await self.refuseUse()
        let mark = try await CopyMark(self.target, at: self.now).begin(from: name)
        try await self.copyUsers()
        try await self.copyDeniedTokens()
        try await self.copyTopics()
        try await self.copyServiceTokens()
        try await self.copyWebhooks()
        try await self.copyAuditLog()
        try await self.copyPending()
        try await self.copyStreams()
        try await self.compare()
        // None may have come meanwhile.
        try await self.refuseUse()
        try Task.checkCancellation()
        try await mark.end()
        return self.tally.progress
    }

    private func refuseUse() async throws {
        try await StoreUse(store: self.source, name: "source", now: self.clock).refuse()
        try await StoreUse(store: self.target, name: "target", now: self.clock).refuse()
    }

    /// Does something with each, some at a time. What fails ends it.
    func forEach<Item: Sendable>(
        of items: [Item],
        _ body: @escaping @Sendable (Item) async throws -> Void
    ) async throws {
        try Task.checkCancellation()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, item) in items.enumerated() {
                if place >= Self.atOnce { try await group.next() }
                group.addTask {
                    try Task.checkCancellation()
                    try await body(item)
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Why a copy can't be made, in words for people.
public struct CopyFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    static func differs(_ what: String) -> CopyFailure {
        CopyFailure(
            "\(what) is not the same in both stores: something has changed since the copy began. Empty the target, and begin anew"
        )
    }
}

/// The sign, in a store, that it is being filled.
struct CopyMark {
    private let store: any StoreCopy.Endpoint
    private let now: Timestamp

    init(_ store: any StoreCopy.Endpoint, at now: Timestamp) {
        self.store = store
        self.now = now
    }

    /// Until it is ended, in practice for ever.
    private static let life: Int64 = 10 * 365 * 86_400
    private static let id = "copy"

    /// - Returns: from where the store is being filled; nil where it is not.
    static func source(of store: any PendingStore, at now: Timestamp) async throws(StoreError) -> String? {
        try await store.pending(.copy, .id(Self.id), at: now).map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// - Throws: ``CopyFailure`` where the store holds something else.
    func begin(from name: String) async throws -> CopyMark {
        if let known = try await Self.source(of: self.store, at: self.now) {
            guard known == name else { throw CopyFailure("the target holds an unfinished copy of \(known)") }
            return self
        }
        guard try await self.isEmpty else {
            throw CopyFailure("the target is not empty: a copy needs a store of its own")
        }
        let record = PendingRecord(
            kind: .copy,
            id: Self.id,
            value: Array(name.utf8),
            expiresAt: self.now.adding(seconds: Self.life)
        )
        guard try await self.store.insertPending(record, at: self.now, limit: 1) == .stored else {
            throw CopyFailure("another copy to this target has begun")
        }
        return self
    }

    private var isEmpty: Bool {
        get async throws(StoreError) {
            let (users, topics) = (try await self.store.userCounts().total, try await self.store.topicCounts().total)
            guard users == 0, topics == 0 else { return false }
            var place: String?
            repeat {
                let listing = try await self.store.streams(after: place, limit: StoreCopy.page)
                guard listing.entries.isEmpty else { return false }
                place = listing.next
            } while place != nil
            return true
        }
    }

    func end() async throws(StoreError) {
        guard let record = try await self.store.pending(.copy, .id(Self.id), at: self.now) else { return }
        _ = try await self.store.takePending(record)
    }
}

extension PendingStore {
    /// From where the store is being filled by a copy that is not finished; nil where that is not so. No relay is to serve such a store.
    ///
    /// - Parameter now: the time.
    public func unfinishedCopy(at now: Timestamp) async throws(StoreError) -> String? {
        try await CopyMark.source(of: self, at: now)
    }
}
