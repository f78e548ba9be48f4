import RelayEditing

/// What a webhook can be told of documents, as Hocuspocus names it.
public enum DocumentWebhookEvent: String, Hashable, Sendable, CaseIterable {
    case change
    case connect
    case create
    case disconnect
}

extension RelayConfiguration {
    /// Documents that are edited together.
    public struct Documents: Hashable, Sendable {
        @Setting(
            "documents_max_loaded",
            .integer(1...1_000_000),
            "Documents in memory at once; 503 beyond."
        )
        public var maxLoaded = DocumentSettings().maxLoaded

        @Setting(
            "documents_max_connections",
            .integer(1...1_000_000),
            "Connections to one document, on each relay; 503 beyond."
        )
        public var maxConnections = DocumentSettings().maxConnections

        @Setting(
            "documents_max_connections_per_user",
            .integer(1...1_000_000),
            "Connections of one user to one document, or of one address without a token, on each relay; 429 beyond."
        )
        public var maxConnectionsPerUser = DocumentSettings().maxConnectionsPerUser

        @Setting(
            "documents_max_bytes",
            .bytes(1_024...(1 << 29)),
            "Bytes of one document, with its latest updates; beyond, only deletions are taken."
        )
        public var maxBytes = DocumentSettings().maxBytes

        @Setting(
            "documents_max_message_bytes",
            .bytes(1_024...(1 << 29)),
            "Bytes of one message of a client; beyond, its connection is closed. What was edited offline is one message."
        )
        public var maxMessageBytes = 16 << 20

        @Setting(
            "documents_idle_seconds",
            .duration(.seconds(1) ... .seconds(1_800)),
            "Seconds for which a document stays in memory that nobody is connected to."
        )
        public var idle = DocumentSettings().idle

        @Setting(
            "documents_history",
            .duration(.zero ... .seconds(10 * 365 * 86_400)),
            "Seconds for which a document's past is kept. 0: not at all."
        )
        public var history = Duration.seconds(DocumentSettings().historySeconds)

        @Setting(
            "documents_allow_anonymous",
            .boolean,
            "Whether people without a token may use documents whose field anonymous says so."
        )
        public var allowsAnonymous = false

        @Setting(
            "documents_max_anonymous_per_address",
            .integer(1...1_000_000),
            "Connections of an address to documents that show no token; 429 beyond.",
            reloads: true
        )
        public var maxAnonymousPerAddress = 50

        @Setting(
            "documents_max_anonymous",
            .integer(1...1_000_000),
            "Connections to documents, in all, that show no token; 429 beyond.",
            reloads: true
        )
        public var maxAnonymous = 1_000

        /// nil, the default: where only this machine reaches the relay.
        @Setting(
            "documents_example",
            ValueFormat.boolean.optional,
            "Whether /example is served, a page with a shared text. Not set: where host is a loopback address."
        )
        public var example: Bool? = nil

        /// nil, the default: nobody.
        @Setting(
            "documents_webhook_url",
            ValueFormat.webhookAddress.optional,
            "URL that is told of documents, as Hocuspocus' webhook is. Not set: none."
        )
        public var webhook: WebhookAddress? = nil

        @Setting(
            "documents_webhook_secret",
            ValueFormat.secret(minimumLength: 16).optional,
            "Signs what documents_webhook_url is told: HMAC-SHA-256 in the header X-Hocuspocus-Signature-256."
        )
        public var webhookSecret: Secret? = nil

        @Setting(
            "documents_webhook_events",
            .documentWebhookEvents,
            "What documents_webhook_url is told. With connect it also decides who may enter by /collab."
        )
        public var webhookEvents: [DocumentWebhookEvent] = [.change]

        static let keys = ConfigurationKey.keys(
            "documents",
            prefixes: ["documents_"],
            at: \.documents,
            \.$maxLoaded,
            \.$maxConnections,
            \.$maxConnectionsPerUser,
            \.$maxBytes,
            \.$maxMessageBytes,
            \.$idle,
            \.$history,
            \.$allowsAnonymous,
            \.$maxAnonymousPerAddress,
            \.$maxAnonymous,
            \.$example,
            \.$webhook,
            \.$webhookSecret,
            \.$webhookEvents
        )

        public init() {}

        var settings: DocumentSettings {
            var settings = DocumentSettings()
            settings.maxLoaded = self.maxLoaded
            settings.maxConnections = self.maxConnections
            settings.maxConnectionsPerUser = self.maxConnectionsPerUser
            settings.maxBytes = self.maxBytes
            settings.idle = self.idle
            settings.historySeconds = self.history.components.seconds
            settings.areUpdatesHeard = self.webhook != nil && self.webhookEvents.contains(.change)
            return settings
        }
    }
}

extension ValueFormat<[DocumentWebhookEvent]> {
    static var documentWebhookEvents: ValueFormat {
        .list(expected: DocumentWebhookEvent.allCases.map(\.rawValue).joined(separator: ", ")) { text in
            DocumentWebhookEvent(rawValue: text.lowercased())
        } show: {
            $0.rawValue
        }
    }
}
