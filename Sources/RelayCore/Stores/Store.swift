/// The persistent tier: messages and topics.
public typealias StreamStore = MessageStore & TopicStore

/// What every store is besides what it keeps: something with a beginning, an end, and a pulse.
public protocol StoreLifecycle: Sendable {
    /// Throws at once, or within a second, where the store can't serve; `/ready` answers by it.
    func checkHealth() async throws(StoreError)

    /// Where it tells of records that it can't read back; nil for a store that can have none.
    var unreadable: UnreadableRecords? { get }

    /// Finishes what is under way, flushes, and releases the store. Calls after it fail with `unavailable`.
    func close() async
}

extension StoreLifecycle {
    public var unreadable: UnreadableRecords? { nil }
}
