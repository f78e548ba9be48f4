public import RelayClient
import RelayWire

/// The login at one relay, as kept in the credentials file.
public struct StoredLogin: Sendable, Hashable, CustomStringConvertible {
    public let username: String
    public let tokens: Tokens
    /// Path of the PEM file of authorities by which the relay was trusted; nil for those of the machine.
    public let authority: String?

    public init(username: String, tokens: Tokens, authority: String? = nil) {
        self.username = username
        self.tokens = tokens
        self.authority = authority
    }

    public var description: String { "StoredLogin(\(self.username))" }

    init(json: JSONDocument) throws(JSONDocumentError) {
        guard case .string(let username)? = json["username"], case .string(let access)? = json["access_token"],
            case .number(let number)? = json["expires_at"], let seconds = number.integer
        else { throw JSONDocumentError(reason: "a login lacks username, access_token or expires_at") }
        let authority: String? = if case .string(let path)? = json["ca"] { path } else { nil }
        let refresh: String? = if case .string(let text)? = json["refresh_token"] { text } else { nil }
        let expiresAt = Timestamp(microseconds: 0).adding(seconds: Int64(seconds))
        self.init(
            username: username,
            tokens: Tokens(accessToken: access, expiresAt: expiresAt, refreshToken: refresh),
            authority: authority
        )
    }

    var json: JSONDocument {
        var object = JSONObject([
            ("username", .string(self.username)),
            ("access_token", .string(self.tokens.accessToken)),
            ("refresh_token", self.tokens.refreshToken.map(JSONDocument.string) ?? .null),
            ("expires_at", .number(JSONNumber(self.tokens.expiresAt.microseconds / 1_000_000))),
        ])
        if let authority { object.append("ca", .string(authority)) }
        return .object(object)
    }
}
