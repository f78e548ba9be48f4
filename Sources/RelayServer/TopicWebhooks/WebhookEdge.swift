import RelayAccess

/// What the routes of webhooks work with.
struct WebhookEdge: Sendable {
    let webhooks: Webhooks
    let keeper: WebhookKeeper
}
