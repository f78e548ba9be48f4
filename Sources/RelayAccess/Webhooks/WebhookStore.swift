public import RelayCore

/// How many webhooks there may be. Checked in the step that stores one.
public struct WebhookQuota: Hashable, Sendable {
    /// Of one user. Default 20.
    public var maxPerUser: Int
    /// Of all users together. Default 1,000.
    public var maxInAll: Int

    public init(maxPerUser: Int = 20, maxInAll: Int = 1_000) {
        self.maxPerUser = maxPerUser
        self.maxInAll = maxInAll
    }

    /// - Parameters:
    ///   - owned: webhooks that the user has.
    ///   - total: webhooks that there are.
    /// - Returns: what keeps one more out; nil where nothing does.
    public func refusal(owned: Int, total: Int) -> WebhookInsertion? {
        if owned >= self.maxPerUser { return .fullOfUser }
        return total >= self.maxInAll ? .fullInAll : nil
    }
}

/// What has become of a webhook that was to be stored.
public enum WebhookInsertion: Hashable, Sendable {
    case stored
    /// The user has as many as may be.
    case fullOfUser
    /// There are as many as may be.
    case fullInAll
    /// The user is gone.
    case userMissing
}

/// The webhooks that there are, and which relay delivers for each. They go with their user, in the same atomic step: see ``UserStore``.
public protocol WebhookStore: Sendable {
    /// One atomic step.
    func insertWebhook(_ webhook: StoredWebhook, within quota: WebhookQuota) async throws(StoreError)
        -> WebhookInsertion

    func webhook(_ id: String) async throws(StoreError) -> StoredWebhook?

    /// Webhooks in the order of their ids' bytes, at most `limit`, after `id` where one is given. What can't be read back is left out, so
    /// only an empty page is the last.
    ///
    /// - Parameter user: whose; nil for everybody's.
    func webhooks(of user: UserID?, after id: String?, limit: Int) async throws(StoreError) -> [StoredWebhook]

    /// Pauses a webhook, or sets it going again: see ``StoredWebhook/switched(_:)``. One atomic step.
    ///
    /// - Returns: the webhook as it is now; nil where there is none.
    func switchWebhook(_ id: String, _ wanted: WebhookSwitch) async throws(StoreError) -> StoredWebhook?

    /// Keeps how it goes, if the webhook has that revision: see ``StoredWebhook/recorded(_:)``. One atomic step.
    ///
    /// - Returns: whether it has.
    func recordHealth(_ health: WebhookHealth, ofWebhook id: String, revision: Int64) async throws(StoreError) -> Bool

    /// - Returns: whether there was one.
    func removeWebhook(_ id: String) async throws(StoreError) -> Bool

    /// Takes webhooks for a relay, or keeps them for it, so that no other relay delivers for them meanwhile. A store that relays share
    /// measures the time by a clock of its own; one of a relay alone gives it all.
    ///
    /// - Parameters:
    ///   - holder: the relay.
    ///   - seconds: from now on.
    /// - Returns: those of the webhooks that the relay has.
    func leaseWebhooks(_ ids: [String], to holder: String, seconds: Int64) async throws(StoreError) -> Set<String>

    /// Says which of a webhook's topics have readers on a relay. It is good for a time, by the clock of ``leaseWebhooks(_:to:seconds:)``.
    /// A store of a relay alone need not keep it.
    ///
    /// - Parameters:
    ///   - topics: instead of all that the relay said before.
    ///   - id: the webhook.
    ///   - relay: who says it.
    ///   - seconds: from now on.
    func tellReaders(
        _ topics: [String],
        ofWebhook id: String,
        on relay: String,
        seconds: Int64
    ) async throws(StoreError)

    /// What relays said by ``tellReaders(_:ofWebhook:on:seconds:)`` that is still good.
    func topicsWithReaders(ofWebhook id: String) async throws(StoreError) -> Set<String>

    /// Gives back what the relay has of these, so that another need not wait.
    func releaseWebhooks(_ ids: [String], of holder: String) async throws(StoreError)
}
