import RelayAccess
import RelayCore

/// Webhooks: a value, owned by its store's lock.
struct WebhookTable {
    private var webhooks: [String: StoredWebhook] = [:]

    func webhook(_ id: String) -> StoredWebhook? { self.webhooks[id] }

    mutating func insert(_ webhook: StoredWebhook, within quota: WebhookQuota) -> WebhookInsertion {
        let owned = self.webhooks.values.count { $0.user == webhook.user }
        if let refusal = quota.refusal(owned: owned, total: self.webhooks.count) { return refusal }
        self.webhooks[webhook.id] = webhook
        return .stored
    }

    /// In the order of the ids' bytes.
    func list(of user: UserID?, after id: String?, limit: Int) -> [StoredWebhook] {
        let rest = self.webhooks.values.filter { webhook in
            (user == nil || webhook.user == user) && (id.map { ExactText($0) < ExactText(webhook.id) } ?? true)
        }
        return Array(rest.sorted { ExactText($0.id) < ExactText($1.id) }.prefix(max(0, limit)))
    }

    mutating func switchTo(_ wanted: WebhookSwitch, _ id: String) -> StoredWebhook? {
        guard let webhook = self.webhooks[id]?.switched(wanted) else { return nil }
        self.webhooks[id] = webhook
        return webhook
    }

    mutating func record(_ health: WebhookHealth, of id: String, revision: Int64) -> Bool {
        guard let webhook = self.webhooks[id], webhook.revision == revision else { return false }
        self.webhooks[id] = webhook.recorded(health)
        return true
    }

    /// - Returns: whether there was one.
    mutating func remove(_ id: String) -> Bool { self.webhooks.removeValue(forKey: id) != nil }

    mutating func remove(of user: UserID) { self.webhooks = self.webhooks.filter { $0.value.user != user } }
}
