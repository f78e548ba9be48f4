import RelayAccess
import RelayCore

extension StoreCopy {
    /// Of users who are there. The places of webhooks in their topics are named readers, and come with the topics.
    func copyWebhooks() async throws {
        let room = WebhookQuota(maxPerUser: .max, maxInAll: .max)
        var last: String?
        while true {
            let page = try await self.source.webhooks(of: nil, after: last, limit: Self.page)
            guard let end = page.last else { return }
            for webhook in page {
                if let known = try await self.target.webhook(webhook.id) {
                    guard known == webhook else { throw CopyFailure.differs("webhook \(webhook.id)") }
                } else if try await self.target.insertWebhook(webhook, within: room) != .stored {
                    throw CopyFailure.differs("webhook \(webhook.id)")
                }
            }
            last = end.id
        }
    }
}
