public import RelayAccess
public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore: WebhookStore {
    public func insertWebhook(
        _ webhook: StoredWebhook,
        within quota: WebhookQuota
    ) async throws(StoreError) -> WebhookInsertion {
        let layout = self.layout
        let reply = try await self.run(
            InsertWebhookScript.script,
            keys: [
                layout.webhook(webhook.id), layout.webhooks, layout.userWebhooksPrefix + webhook.user.rawValue,
                layout.userPrefix + webhook.user.rawValue,
            ],
            [.init(webhook.id), .init(quota.maxPerUser), .init(quota.maxInAll)] + webhook.fields
        )
        return switch reply.integer {
        case 1: .stored
        case -1: .fullOfUser
        case -2: .fullInAll
        default: .userMissing
        }
    }

    public func webhook(_ id: String) async throws(StoreError) -> StoredWebhook? {
        try await self.webhooks([id]).first
    }

    public func webhooks(
        of user: UserID?,
        after id: String?,
        limit: Int
    ) async throws(StoreError) -> [StoredWebhook] {
        let list = user.map { self.layout.userWebhooksPrefix + $0.rawValue } ?? self.layout.webhooks
        var last = id
        // A page of what can't be read is not the last one.
        while true {
            let reply = try await self.send(
                "ZRANGEBYLEX",
                list,
                .init(last.map { "(\($0)" } ?? "-"),
                "+",
                "LIMIT",
                "0",
                .init(max(0, limit))
            )
            let ids = (reply.array ?? []).compactMap(\.text)
            let webhooks = try await self.webhooks(ids)
            guard webhooks.isEmpty, let end = ids.last else { return webhooks }
            last = end
        }
    }

    /// Those of the webhooks that there still are.
    private func webhooks(_ ids: [String]) async throws(StoreError) -> [StoredWebhook] {
        let hashes = try await self.send(
            "HGETALL",
            each: ids.map { self.layout.webhook($0) },
            keepingWrongTypes: true
        )
        return zip(ids, hashes).compactMap { id, hash in
            self.readable("webhook \(id)") { () throws(StoreError) in
                try StoredWebhook(id, HashFields(hash))
            }
        }
    }

    public func switchWebhook(_ id: String, _ wanted: WebhookSwitch) async throws(StoreError) -> StoredWebhook? {
        while let known = try await self.webhook(id) {
            let webhook = known.switched(wanted)
            let reply = try await self.run(
                ChangeWebhookScript.script,
                keys: [self.layout.webhook(id)],
                [.init(known.revision)] + webhook.changingFields
            )
            // Else somebody else was faster.
            if reply.integer == 1 { return webhook }
        }
        return nil
    }

    public func recordHealth(
        _ health: WebhookHealth,
        ofWebhook id: String,
        revision: Int64
    ) async throws(StoreError) -> Bool {
        let pause: [ValkeyArgument] = health.pauseReason == nil ? [] : ["paused", "1"]
        return try await self.run(
            ChangeWebhookScript.script,
            keys: [self.layout.webhook(id)],
            [.init(revision)] + health.fields + pause
        ).integer == 1
    }

    public func removeWebhook(_ id: String) async throws(StoreError) -> Bool {
        let layout = self.layout
        return try await self.run(
            RemoveWebhookScript.script,
            keys: [layout.webhooks, layout.fence],
            [.init(layout.webhookPrefix), .init(layout.userWebhooksPrefix), .init(id)]
        ).integer == 1
    }

    public func leaseWebhooks(
        _ ids: [String],
        to holder: String,
        seconds: Int64
    ) async throws(StoreError) -> Set<String> {
        var held: Set<String> = []
        for some in ids.chunks(of: Self.leasesAtOnce) {
            let reply = try await self.run(
                LeaseWebhooksScript.script,
                keys: some.map { self.layout.webhookLeasePrefix + $0 },
                [.init(holder), .init(seconds * 1_000)]
            )
            for (id, answer) in zip(some, reply.array ?? []) where answer.integer == 1 { held.insert(id) }
        }
        return held
    }

    public func releaseWebhooks(_ ids: [String], of holder: String) async throws(StoreError) {
        for some in ids.chunks(of: Self.leasesAtOnce) {
            _ = try await self.run(
                ReleaseWebhooksScript.script,
                keys: some.map { self.layout.webhookLeasePrefix + $0 },
                [.init(holder)]
            )
        }
    }

    /// Names of topics have no blanks.
    public func tellReaders(
        _ topics: [String],
        ofWebhook id: String,
        on relay: String,
        seconds: Int64
    ) async throws(StoreError) {
        _ = try await self.run(
            TellWebhookReadersScript.script,
            keys: [self.layout.webhookReadersPrefix + id],
            [.init(relay), .init(seconds * 1_000), .init(topics.joined(separator: " "))]
        )
    }

    public func topicsWithReaders(ofWebhook id: String) async throws(StoreError) -> Set<String> {
        let reply = try await self.run(
            WebhookReadersScript.script,
            keys: [self.layout.webhookReadersPrefix + id],
            []
        )
        let words = (reply.array ?? []).compactMap(\.text)
        return Set(words.flatMap { $0.split(separator: " ").map(String.init) })
    }

    private static let leasesAtOnce = 256
}

extension [String] {
    fileprivate func chunks(of size: Int) -> [ArraySlice<String>] {
        stride(from: 0, to: self.count, by: size).map { self[$0..<Swift.min(self.count, $0 + size)] }
    }
}

extension KeyLayout {
    fileprivate func webhook(_ id: String) -> String { self.webhookPrefix + id }
}

extension StoredWebhook {
    fileprivate var fields: [ValkeyArgument] {
        [
            "user", .init(self.user.rawValue), "definition", .init(self.definition.storedText),
            "created", .init(self.createdAt.microseconds),
        ] + self.changingFields
    }

    fileprivate var changingFields: [ValkeyArgument] {
        [
            "paused", .init(self.isPaused ? 1 : 0), "revision", .init(self.revision),
        ] + self.health.fields
    }

    /// - Returns: nil where there are no fields.
    fileprivate init?(_ id: String, _ fields: HashFields) throws(StoreError) {
        guard !fields.isEmpty else { return nil }
        let definition = try fields.required(fields.text("definition"), "definition")
        let text = try fields.required(fields.text("health"), "health")
        var health = try fields.required(WebhookHealth(storedText: text), "health")
        if let generation = fields.text("generation") {
            health.generation = try fields.required(Int64(generation), "generation")
        }
        self.init(
            id: id,
            user: UserID(try fields.required(fields.text("user"), "user")),
            definition: try fields.required(WebhookDefinition(storedText: definition), "definition"),
            createdAt: try fields.required(fields.moment("created"), "created"),
            isPaused: fields.text("paused") == "1",
            revision: try fields.required(fields.text("revision").flatMap { Int64($0) }, "revision"),
            health: health
        )
    }
}

extension WebhookHealth {
    /// The generation has a field of its own beside the text: an older relay beside this one writes texts without it.
    fileprivate var fields: [ValkeyArgument] {
        var fields: [ValkeyArgument] = ["health", .init(self.storedText)]
        if let generation = self.generation { fields += ["generation", .init(generation)] }
        return fields
    }
}
