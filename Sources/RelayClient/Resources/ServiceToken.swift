/// A token that a user has made for others, without its text.
public struct ServiceToken: Sendable, Hashable {
    /// What it is revoked by.
    public let id: String
    /// For whom it acts.
    public let userID: String
    /// What its user calls it.
    public let label: String?
    /// Whole names of topics that it is for.
    public let topics: [String]
    /// With which names of other topics begin that it is for.
    public let prefixes: [String]
    /// `read`, or `read` and `write`.
    public let permissions: [String]
    /// As whom its holder acts.
    public let peerID: String?
    /// RFC 3339, UTC, as the relay wrote it; so is ``expiresAt``.
    public let createdAt: String
    /// When its holders can do nothing more by it.
    public let expiresAt: String

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.id = try json.string("id")
        self.userID = try json.string("user_id")
        self.label = try json.optionalString("label")
        self.topics = try json.strings("topics")
        self.prefixes = try json.strings("prefixes")
        self.permissions = try json.strings("permissions")
        self.peerID = try json.optionalString("peer_id")
        self.createdAt = try json.string("created_at")
        self.expiresAt = try json.string("expires_at")
    }
}

/// A token as it was made. Printing it does not show its text.
public struct NewServiceToken: Sendable, Hashable, CustomStringConvertible {
    /// The token itself: a secret.
    public let text: String
    /// What the relay keeps of it.
    public let token: ServiceToken

    /// Without the token's text.
    public var description: String { "NewServiceToken(id: \(self.token.id))" }

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.text = try json.string("token")
        self.token = try ServiceToken(json: json)
    }
}
