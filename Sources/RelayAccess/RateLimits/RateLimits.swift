/// What is limited. Edges choose the key: the client's address, or the user for publishing.
public enum RateLimitRule: Int, CaseIterable, Sendable {
    case login
    case refresh
    case deviceCode
    case deviceToken
    case devicePage
    case publish
    case bulk
}

/// The limits in force; nil is none.
public struct RateLimits: Hashable, Sendable {
    private var limits: [RateLimitRule: RateLimit]

    public init(_ limits: [RateLimitRule: RateLimit] = [:]) {
        self.limits = limits
    }

    /// Logins 5 a minute, refreshes 10, device codes 10, device polls 30, device pages 20; publishing is not limited.
    public static let standard = RateLimits([
        .login: .perMinute(5), .refresh: .perMinute(10), .deviceCode: .perMinute(10), .deviceToken: .perMinute(30),
        .devicePage: .perMinute(20),
    ])

    public static let none = RateLimits()

    public subscript(rule: RateLimitRule) -> RateLimit? {
        get { self.limits[rule] }
        set { self.limits[rule] = newValue }
    }
}
