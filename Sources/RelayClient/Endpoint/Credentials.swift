/// What a client proves its identity with.
public struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    let password: Password?
    let tokens: Tokens?

    struct Password: Sendable {
        let username: String
        let password: String
    }

    private init(password: Password?, tokens: Tokens?) {
        self.password = password
        self.tokens = tokens
    }

    /// Logs in when needed, and again whenever the tokens run out.
    public static func password(username: String, password: String) -> Credentials {
        Credentials(password: Password(username: username, password: password), tokens: nil)
    }

    /// Lives on these tokens and their successors.
    public static func tokens(_ tokens: Tokens) -> Credentials {
        Credentials(password: nil, tokens: tokens)
    }

    /// Lives on what the client's ``TokenStore`` holds.
    public static let stored = Credentials(password: nil, tokens: nil)

    /// Without password and tokens: they are secrets.
    public var description: String { "Credentials(hidden)" }
    /// Empty, so that `dump` shows no secret either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
