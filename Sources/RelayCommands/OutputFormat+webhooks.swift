public import RelayClient

extension OutputFormat {
    /// For people the secret alone, so that it can be handed on.
    public func line(_ made: NewWebhook) -> String {
        switch self {
        case .json:
            JSONDocument.object(JSONObject([("secret", .string(made.secret))] + Self.members(of: made.webhook))).text
        case .human: made.secret
        }
    }

    public func line(_ webhook: Webhook) -> String {
        switch self {
        case .json: JSONDocument.object(JSONObject(Self.members(of: webhook))).text
        case .human:
            [
                webhook.id, webhook.state, webhook.topic ?? webhook.prefix.map { "\($0)*" } ?? "",
                webhook.events.joined(separator: ","), webhook.url,
                webhook.deadReason ?? webhook.pausedReason ?? webhook.lastOutcome ?? "", webhook.label ?? "",
            ].filter { !$0.isEmpty }.joined(separator: "  ")
        }
    }

    private static func members(of webhook: Webhook) -> [(String, JSONDocument)] {
        [
            ("id", .string(webhook.id)),
            ("user_id", .string(webhook.userID)),
            ("label", webhook.label.map(JSONDocument.string) ?? .null),
            ("topic", webhook.topic.map(JSONDocument.string) ?? .null),
            ("prefix", webhook.prefix.map(JSONDocument.string) ?? .null),
            ("events", .array(webhook.events.map(JSONDocument.string))),
            ("url", .string(webhook.url)),
            ("state", .string(webhook.state)),
            ("dead_reason", webhook.deadReason.map(JSONDocument.string) ?? .null),
            ("paused_reason", webhook.pausedReason.map(JSONDocument.string) ?? .null),
            ("last_outcome", webhook.lastOutcome.map(JSONDocument.string) ?? .null),
            ("lag", .number(JSONNumber(webhook.lag))),
            ("created_at", .string(webhook.createdAt)),
        ]
    }
}
