import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayEditing

/// What tells another server of documents.
struct RelayWebhookParts: Sendable {
    let webhook: Webhook
    let documents: DocumentWebhook

    /// - Returns: nil where nobody is to be told.
    static func open(
        _ settings: RelayConfiguration.Documents,
        memory: MemoryLedger,
        clock: RelayClock,
        on group: any EventLoopGroup,
        logger: Logger
    ) -> RelayWebhookParts? {
        guard let address = settings.webhook, let secret = settings.webhookSecret else { return nil }
        let webhook = Webhook(
            WebhookClient(address, secret: secret, signatureHeader: DocumentWebhook.signatureHeader, on: group),
            memory: memory,
            events: DocumentWebhookEvent.allCases.map(\.rawValue),
            clock: clock,
            logger: logger
        )
        return RelayWebhookParts(
            webhook: webhook,
            documents: DocumentWebhook(webhook, settings.webhookEvents, memory: memory)
        )
    }
}
