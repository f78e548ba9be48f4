public import RelayCore
public import RelayWire

/// Of which topics a webhook tells.
public enum WebhookTarget: Hashable, Sendable {
    /// Of one, by its whole name.
    case topic(String)
    /// Of all whose names begin so, also of those that are still to come.
    case prefix(String)

    /// Which topics it names, in the way of ``RelayCore/Reach``.
    public var reach: Reach {
        switch self {
        case .topic(let name): Reach(topics: [TopicName(path: name)], prefixes: [])
        case .prefix(let start): Reach(topics: [], prefixes: [start])
        }
    }
}

/// What is to become of a webhook.
public enum WebhookSwitch: Hashable, Sendable {
    /// Nothing is delivered until it is revived.
    case pause
    /// It is set going, with nothing against it.
    ///
    /// - Parameter generation: the ``User/passwordGeneration`` by which its user wants that.
    case revive(generation: Int64)
}

/// A webhook as it is stored: who is told of what, and how that goes.
public struct StoredWebhook: Hashable, Sendable {
    /// 32 hex digits, so that the order of the ids' bytes is the order in which webhooks were made.
    public let id: String
    /// Whose it is: it is told what this user may read.
    public let user: UserID
    public let definition: WebhookDefinition
    public let createdAt: Timestamp
    /// Whether its user has stopped it, or the relay has, which then says why: ``WebhookHealth/pauseReason``.
    public var isPaused: Bool
    /// Grows each time when it is paused or revived. What was found out about an earlier one is not recorded.
    public var revision: Int64
    public var health: WebhookHealth

    public init(
        id: String,
        user: UserID,
        definition: WebhookDefinition,
        createdAt: Timestamp,
        isPaused: Bool = false,
        revision: Int64 = 1,
        health: WebhookHealth = WebhookHealth()
    ) {
        self.id = id
        self.user = user
        self.definition = definition
        self.createdAt = createdAt
        self.isPaused = isPaused
        self.revision = revision
        self.health = health
    }

    /// Whether a relay is to deliver for it.
    public var isRunning: Bool { !self.isPaused && self.health.death == nil && self.health.pauseReason == nil }

    /// The same, as it goes now. One that the relay has paused stays so for whoever can't read why.
    public func recorded(_ health: WebhookHealth) -> StoredWebhook {
        var webhook = self
        webhook.health = health
        if health.pauseReason != nil { webhook.isPaused = true }
        return webhook
    }

    /// The same, as it is wanted.
    public func switched(_ wanted: WebhookSwitch) -> StoredWebhook {
        var webhook = self
        webhook.revision += 1
        switch wanted {
        case .pause: webhook.isPaused = true
        case .revive(let generation):
            webhook.isPaused = false
            webhook.health.death = nil
            webhook.health.failingSince = nil
            webhook.health.pauseReason = nil
            webhook.health.generation = generation
        }
        return webhook
    }
}

/// What a webhook's user has said of it. It never changes.
public struct WebhookDefinition: Hashable, Sendable, CustomStringConvertible {
    public let target: WebhookTarget
    /// Not empty.
    public let events: Set<WebhookEvent>
    /// Where it is told: see ``WebhookDraft``.
    public let url: String
    /// What its user calls it.
    public let label: String?
    /// Signs what is sent: `whsec_` and 32 random bytes in base64. Kept as it is, since signing needs it.
    public let secret: String

    public init(target: WebhookTarget, events: Set<WebhookEvent>, url: String, label: String?, secret: String) {
        self.target = target
        self.events = events
        self.url = url
        self.label = label
        self.secret = secret
    }

    /// Without the secret.
    public var description: String { "WebhookDefinition(\(self.target), \(self.url))" }
}

/// How deliveries go.
public struct WebhookHealth: Hashable, Sendable {
    /// Why nothing is delivered any more.
    public struct Death: Hashable, Sendable {
        public let at: Timestamp
        /// For its user.
        public let reason: String

        public init(at moment: Timestamp, reason: String) {
            self.at = moment
            self.reason = reason
        }
    }

    /// What became of the last try.
    public struct Outcome: Hashable, Sendable {
        public let at: Timestamp
        /// For its user: `200`, `503`, or why there was no answer.
        public let text: String
        public let isSuccess: Bool

        public init(at moment: Timestamp, text: String, isSuccess: Bool) {
            self.at = moment
            self.text = text
            self.isSuccess = isSuccess
        }
    }

    /// Since when something fails; nil while all goes well.
    public var failingSince: Timestamp?
    /// Nil while it lives.
    public var death: Death?
    /// Why the relay has paused it, for its user; nil where it has not.
    public var pauseReason: String?
    /// The ``User/passwordGeneration`` by which its user has made it, or revived it last. Nothing is delivered once the user has another.
    /// Nil for one of an older relay, until this one has looked.
    public var generation: Int64?
    /// Nil before the first try.
    public var last: Outcome?
    /// Messages that are still to be told, as they were counted last.
    public var lag: Int
    /// Topics that there is no room for.
    public var topicsLeftOut: Int
    /// Names of the topics of which the receiver knows that they have readers.
    public var occupied: [String]

    public init() {
        (self.lag, self.topicsLeftOut, self.occupied) = (0, 0, [])
    }
}
