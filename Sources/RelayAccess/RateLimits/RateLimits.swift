/// What is limited. Edges choose the key: the client's address, or the user for publishing.
public enum RateLimitRule: Int, CaseIterable, Sendable {
    case login
    case refresh
    case publish
    case bulk
    /// A join of a session that was refused.
    case failedJoin
    /// A session that is made without an account.
    case anonymousSession
    /// A proof of a key, which is taken once. Only relays that share a store count them so, and by no setting.
    case proof
}

/// The limits in force; nil is none.
public struct RateLimits: Hashable, Sendable {
    private var limits: [RateLimitRule: RateLimit]

    public init(_ limits: [RateLimitRule: RateLimit] = [:]) {
        self.limits = limits
    }

    /// Logins 5 a minute, refreshes, failed joins and sessions without an account 10; publishing is not limited.
    public static let standard = RateLimits([
        .login: .perMinute(5), .refresh: .perMinute(10), .failedJoin: .perMinute(10), .anonymousSession: .perMinute(10),
    ])

    public static let none = RateLimits()

    public subscript(rule: RateLimitRule) -> RateLimit? {
        get { self.limits[rule] }
        set { self.limits[rule] = newValue }
    }
}
