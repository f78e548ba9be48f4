public import RelayWire

/// An access token, and the refresh token that buys the next one.
public struct Tokens: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Goes with every request. A secret.
    public let accessToken: String
    /// When the access token stops working. `Timestamp(microseconds: .max)` where that is unknown.
    public let expiresAt: Timestamp
    /// Good for one exchange. Nil where the relay gave none.
    public let refreshToken: String?

    /// Tokens that were got elsewhere.
    public init(accessToken: String, expiresAt: Timestamp, refreshToken: String? = nil) {
        self.accessToken = accessToken
        self.expiresAt = expiresAt
        self.refreshToken = refreshToken
    }

    /// The body of a login or of a refresh.
    ///
    /// - Parameter requestedAt: the moment before the request: the life of the token is counted from no later than this.
    init(json: JSONDocument, requestedAt: Timestamp) throws(JSONDocumentError) {
        self.init(
            accessToken: try json.string("access_token"),
            expiresAt: requestedAt.adding(seconds: Int64(try json.integer("expires_in"))),
            refreshToken: try json.optionalString("refresh_token")
        )
    }

    /// Without the tokens: they are secrets.
    public var description: String { "Tokens(hidden)" }
    /// Empty, so that `dump` shows no secret either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
