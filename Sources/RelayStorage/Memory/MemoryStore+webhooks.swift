public import RelayAccess
public import RelayCore
import Synchronization

extension MemoryStore: WebhookStore {
    public func insertWebhook(
        _ webhook: StoredWebhook,
        within quota: WebhookQuota
    ) async throws(StoreError) -> WebhookInsertion {
        try self.checkOpen()
        return self.accounts.withLock { $0.insert(webhook, within: quota) }
    }

    public func webhook(_ id: String) async throws(StoreError) -> StoredWebhook? {
        try self.checkOpen()
        return self.accounts.withLock { $0.webhooks.webhook(id) }
    }

    public func webhooks(
        of user: UserID?,
        after id: String?,
        limit: Int
    ) async throws(StoreError) -> [StoredWebhook] {
        try self.checkOpen()
        let table = self.accounts.withLock { $0.webhooks }
        return table.list(of: user, after: id, limit: limit)
    }

    public func switchWebhook(_ id: String, _ wanted: WebhookSwitch) async throws(StoreError) -> StoredWebhook? {
        try self.checkOpen()
        return self.accounts.withLock { $0.webhooks.switchTo(wanted, id) }
    }

    public func recordHealth(
        _ health: WebhookHealth,
        ofWebhook id: String,
        revision: Int64
    ) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.webhooks.record(health, of: id, revision: revision) }
    }

    public func removeWebhook(_ id: String) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.accounts.withLock { $0.webhooks.remove(id) }
    }

    /// One relay alone has this store.
    public func leaseWebhooks(
        _ ids: [String],
        to holder: String,
        seconds: Int64
    ) async throws(StoreError) -> Set<String> {
        try self.checkOpen()
        return Set(ids)
    }

    public func releaseWebhooks(_ ids: [String], of holder: String) async throws(StoreError) {
        try self.checkOpen()
    }

    /// One relay alone has this store, and knows its readers.
    public func tellReaders(
        _ topics: [String],
        ofWebhook id: String,
        on relay: String,
        seconds: Int64
    ) async throws(StoreError) {}

    public func topicsWithReaders(ofWebhook id: String) async throws(StoreError) -> Set<String> { [] }
}
