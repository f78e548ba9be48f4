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
    /// A device that asks for a code.
    case deviceCode
    /// A device that asks whether it has been let in.
    case deviceToken
    /// A person at the pages on which devices are let in, where codes could be guessed.
    case devicePage
    /// An HTTP/2 connection that was ended because its client flooded the relay.
    case flood
    /// A proof of a key, which is taken once. Only relays that share a store count them so, and by no setting.
    case proof
}

/// The limits in force; nil is none.
public struct RateLimits: Hashable, Sendable {
    private var limits: [RateLimitRule: RateLimit]

    /// These limits, and none for the other rules.
    public init(_ limits: [RateLimitRule: RateLimit] = [:]) {
        self.limits = limits
    }

    /// Logins 5 a minute, refreshes, failed joins, sessions without an account, devices' codes and floods 10, devices' questions 30, their
    /// pages 20; publishing is not limited.
    public static let standard = RateLimits([
        .login: .perMinute(5), .refresh: .perMinute(10), .failedJoin: .perMinute(10), .anonymousSession: .perMinute(10),
        .deviceCode: .perMinute(10), .deviceToken: .perMinute(30), .devicePage: .perMinute(20), .flood: .perMinute(10),
    ])

    public static let none = RateLimits()

    /// A rule's limit; nil for none.
    public subscript(rule: RateLimitRule) -> RateLimit? {
        get { self.limits[rule] }
        set { self.limits[rule] = newValue }
    }
}
