/// Who is told by signed POSTs of what happens in topics.
public struct Webhook: Sendable, Hashable {
    /// What it is deleted by.
    public let id: String
    /// Whose it is: it is told what this user may read.
    public let userID: String
    /// What its user calls it.
    public let label: String?
    /// The whole name of its topic; nil where it has a prefix.
    public let topic: String?
    /// With which the names of its topics begin; nil where it has one topic.
    public let prefix: String?
    /// `message`, `occupied`, `vacated`, `joined`, `left`, `session`: some of these.
    public let events: [String]
    /// Where the relay sends what happens.
    public let url: String
    /// `active`, `failing`, `paused` or `dead`.
    public let state: String
    /// Why the relay has given it up; nil where it has not.
    public let deadReason: String?
    /// Why the relay has paused it, as after a new password of its user's; nil where it has not.
    public let pausedReason: String?
    /// What became of the last request; nil before the first.
    public let lastOutcome: String?
    /// Messages that are still to be told, as the relay counted them last.
    public let lag: Int
    /// RFC 3339, UTC, as the relay wrote it.
    public let createdAt: String

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.id = try json.string("id")
        self.userID = try json.string("user_id")
        self.label = try json.optionalString("label")
        self.topic = try json.optionalString("topic")
        self.prefix = try json.optionalString("prefix")
        self.events = try json.strings("events")
        self.url = try json.string("url")
        self.state = try json.string("state")
        self.deadReason = try json.optionalString("dead_reason")
        self.pausedReason = try json.optionalString("paused_reason")
        self.lastOutcome = try json.optionalString("last_outcome")
        self.lag = try json.integer("lag")
        self.createdAt = try json.string("created_at")
    }
}

/// A webhook as it was made. Printing it does not show its secret.
public struct NewWebhook: Sendable, Hashable, CustomStringConvertible {
    /// By which its deliveries are signed.
    public let secret: String
    /// What the relay shows of it.
    public let webhook: Webhook

    /// Without the secret.
    public var description: String { "NewWebhook(id: \(self.webhook.id))" }

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.secret = try json.string("secret")
        self.webhook = try Webhook(json: json)
    }
}
