public import RelayCore

/// What a client gets for a password, or for a refresh token.
public struct TokenPair: Hashable, Sendable {
    /// Whose they are.
    public let user: UserID
    public let accessToken: String
    /// Seconds that the access token lives from now.
    public let expiresIn: Int64
    /// Buys the next pair, once. A secret.
    public let refreshToken: String
    /// The first token of a second chain, for somebody else who acts for the same user; nil where none was asked for.
    public var secondRefreshToken: String? = nil
}

extension TokenPair: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without the tokens: they are secrets.
    public var description: String { "TokenPair(expiresIn: \(self.expiresIn))" }
    public var debugDescription: String { self.description }
}
