/// What a client gets for a password, or for a refresh token.
public struct TokenPair: Hashable, Sendable {
    public let accessToken: String
    /// Seconds that the access token lives from now.
    public let expiresIn: Int64
    public let refreshToken: String
}

extension TokenPair: CustomStringConvertible, CustomDebugStringConvertible {
    /// Without the tokens: they are secrets.
    public var description: String { "TokenPair(expiresIn: \(self.expiresIn))" }
    public var debugDescription: String { self.description }
}
