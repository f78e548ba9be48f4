import FoundationEssentials
public import RelayCore
import RelayWire

/// Webhooks as their users ask for them: made, listed, paused, revived, removed. Delivering is the server's.
///
/// That a webhook's topics are its user's to read the edge asks before, and who delivers asks again each time.
public struct Webhooks: Sendable {
    /// In bytes.
    public static let longestLabel = 200

    let store: any WebhookStore & UserStore
    private let quotaInForce: Adjustable<WebhookQuota>
    let now: TimeSource

    /// How many there may be at this moment.
    public var quota: WebhookQuota { self.quotaInForce.current }

    /// How many there may be from now on. Those that there are stay.
    public func change(quota: WebhookQuota) { self.quotaInForce.change(to: quota) }

    public init(store: any WebhookStore & UserStore, quota: WebhookQuota, now: @escaping TimeSource) {
        self.store = store
        self.quotaInForce = Adjustable(quota)
        self.now = now
    }

    /// Keeps a new webhook for the user of `session`. Its secret is in the answer: nobody is shown it again. It delivers as long as the user has
    /// the password by which the session was obtained.
    ///
    /// - Throws: `limitedToken` where the session is of a ticket, or of another issuer's token: the webhook would outlive these; `invalidFields`,
    ///   `tooManyWebhooks`, `userNotFound`, or `unavailable`.
    public func create(
        _ target: WebhookTarget,
        events: Set<WebhookEvent>,
        url: String,
        label: String?,
        in session: Session
    ) async throws(AccessError) -> StoredWebhook {
        guard let generation = session.generation else { throw AccessError(.limitedToken) }
        if let label { try Self.check(label) }
        let now = self.now()
        var health = WebhookHealth()
        health.generation = generation
        let webhook = StoredWebhook(
            id: Self.id(at: now),
            user: session.account.id,
            definition: WebhookDefinition(
                target: target,
                events: events,
                url: url,
                label: label,
                secret: "whsec_" + Data(SecureRandom.bytes(32)).base64EncodedString()
            ),
            createdAt: now,
            health: health
        )
        let insertion = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.insertWebhook(webhook, within: self.quota)
        }
        switch insertion {
        case .stored: return webhook
        case .fullOfUser: throw AccessError(.tooManyWebhooks(self.quota.maxPerUser))
        case .fullInAll: throw AccessError(.overloaded)
        case .userMissing: throw AccessError(.userNotFound)
        }
    }

    /// 16 digits of the moment, so that ids sort by it, and 16 that nobody can guess.
    private static func id(at now: Timestamp) -> String {
        let moment = UInt64(max(0, now.microseconds))
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: moment >> (56 - 8 * $0)) }
        return String(hexadecimal: bytes + SecureRandom.bytes(8))
    }

    private static func check(_ label: String) throws(AccessError) {
        let hasControls = label.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        guard label.isEmpty || label.utf8.count > Self.longestLabel || hasControls else { return }
        let message = "String should have 1 to \(Self.longestLabel) bytes and no control characters"
        throw AccessError(.invalidFields([FieldIssue(field: "label", type: "value_error", message: message)]))
    }

    /// A page of webhooks, oldest first.
    ///
    /// - Parameter user: whose; nil for everybody's.
    public func list(of user: UserID?, after id: String?, limit: Int) async throws(AccessError) -> [StoredWebhook] {
        try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.webhooks(of: user, after: id, limit: limit)
        }
    }

    /// - Throws: `noSuchWebhook` also where it is another user's and `caller` is no administrator; `unavailable`.
    public func webhook(_ id: String, for caller: Principal) async throws(AccessError) -> StoredWebhook {
        let found = try await AccessError.fromStore { () throws(StoreError) in try await self.store.webhook(id) }
        guard let webhook = found, webhook.user == caller.id || caller.isAdmin else {
            throw AccessError(.noSuchWebhook)
        }
        return webhook
    }

    /// Pauses a webhook.
    ///
    /// - Throws: as ``webhook(_:for:)``.
    public func pause(_ id: String, by caller: Principal) async throws(AccessError) -> StoredWebhook {
        _ = try await self.webhook(id, for: caller)
        return try await self.become(.pause, id)
    }

    /// Sets a paused or dead one going again, from where it stopped. It delivers as long as its user has the password by which the session was
    /// obtained, or, where an administrator revives another's, the one that its user has now.
    ///
    /// - Parameter session: the caller's.
    /// - Throws: as ``webhook(_:for:)``; `limitedToken` where the webhook is the caller's own, and the session of a ticket, or of another issuer's
    ///   token.
    public func revive(
        _ id: String,
        by caller: Principal,
        in session: Session
    ) async throws(AccessError) -> StoredWebhook {
        let user = try await self.webhook(id, for: caller).user
        if user == caller.id {
            guard let generation = session.generation else { throw AccessError(.limitedToken) }
            return try await self.become(.revive(generation: generation), id)
        }
        let owner = try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(user) }
        guard let owner else { throw AccessError(.noSuchWebhook) }
        return try await self.become(.revive(generation: owner.passwordGeneration), id)
    }

    private func become(_ wanted: WebhookSwitch, _ id: String) async throws(AccessError) -> StoredWebhook {
        let switched = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.switchWebhook(id, wanted)
        }
        guard let switched else { throw AccessError(.noSuchWebhook) }
        return switched
    }

    /// - Returns: what it was.
    /// - Throws: as ``webhook(_:for:)``.
    public func remove(_ id: String, by caller: Principal) async throws(AccessError) -> StoredWebhook {
        let webhook = try await self.webhook(id, for: caller)
        _ = try await AccessError.fromStore { () throws(StoreError) in try await self.store.removeWebhook(id) }
        return webhook
    }
}
