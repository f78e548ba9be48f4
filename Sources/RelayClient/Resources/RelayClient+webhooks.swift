/// Webhooks: servers that are told of what happens in topics.
extension RelayClient {
    /// Of which topics a webhook tells.
    public enum WebhookTarget: Sendable, Hashable {
        /// Of one, by its whole name.
        case topic(String)
        /// Of all that the user may read and whose names begin so.
        case prefix(String)
    }

    /// Makes a webhook. Its secret is in the answer and nowhere else.
    ///
    /// - Parameters:
    ///   - target: of which topics it tells.
    ///   - url: of `http` or `https`, where it tells.
    ///   - events: what it tells: some of `message`, `occupied`, `vacated`, `joined`, `left`, `session`.
    ///   - label: what the user calls it, up to 200 bytes; nil for nothing.
    /// - Throws: ``RelayError`` with status 403 for a topic that the user may not read, 409 where there are too many, 422 for what is no webhook.
    public func createWebhook(
        _ target: WebhookTarget,
        url: String,
        events: [String] = ["message"],
        label: String? = nil
    ) async throws -> NewWebhook {
        var object = JSONObject([("url", .string(url))])
        switch target {
        case .topic(let name): object.append("topic", .string(name))
        case .prefix(let start): object.append("prefix", .string(start))
        }
        object.append("events", .array(events.map(JSONDocument.string)))
        if let label { object.append("label", .string(label)) }
        var call = HTTPCall(.post, Self.path)
        call.body = .json(.object(object))
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(NewWebhook.init(json:))
    }

    /// Webhooks, oldest first.
    ///
    /// - Parameter owner: whose.
    public func webhooks(of owner: ListedOwner = .caller) async throws -> [Webhook] {
        try await self.list(Self.path, query: owner.query, Webhook.init(json:))
    }

    /// Stops a webhook for a while.
    ///
    /// - Parameter id: the webhook's.
    /// - Returns: the webhook as it is now.
    public func pauseWebhook(_ id: String) async throws -> Webhook {
        try await self.reply(to: HTTPCall(.post, Self.path + [id, "pause"])).decoded(Webhook.init(json:))
    }

    /// Sets a paused or dead webhook going again, from where it stopped.
    ///
    /// - Parameter id: the webhook's.
    /// - Returns: the webhook as it is now.
    public func reviveWebhook(_ id: String) async throws -> Webhook {
        try await self.reply(to: HTTPCall(.post, Self.path + [id, "revive"])).decoded(Webhook.init(json:))
    }

    /// Deletes a webhook.
    ///
    /// - Parameter id: the webhook's.
    public func deleteWebhook(_ id: String) async throws {
        var call = HTTPCall(.delete, Self.path + [id])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    private static let path = ["api", "v1", "webhooks"]
}
