/// The persistent tier: messages and topics.
public typealias StreamStore = MessageStore & TopicStore

/// What every store is besides what it keeps: something with a beginning, an end, and a pulse.
public protocol StoreLifecycle: Sendable {
    /// Throws at once, or within a second, where the store can't serve; `/ready` answers by it.
    func checkHealth() async throws(StoreError)

    /// Finishes what is under way, flushes, and releases the store. Calls after it fail with `unavailable`.
    func close() async
}
