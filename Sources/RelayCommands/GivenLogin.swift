/// A login that the environment gives, for programs that nobody logs in for: `PULSAR_USERNAME` and `PULSAR_PASSWORD`, as the Python client has
/// them.
public struct GivenLogin: Sendable, CustomStringConvertible {
    public let username: String
    public let password: String

    /// - Parameters:
    ///   - stored: the login that is kept for the relay; nil for none.
    /// - Returns: nil where the environment has none, or somebody else is logged in: who typed `login` is meant.
    public init?(environment: [String: String], stored: StoredLogin?) {
        guard let username = environment["PULSAR_USERNAME"], !username.isEmpty,
            let password = environment["PULSAR_PASSWORD"], !password.isEmpty,
            stored == nil || stored?.username == username
        else { return nil }
        self.username = username
        self.password = password
    }

    /// Without the password.
    public var description: String { "GivenLogin(\(self.username))" }
}
