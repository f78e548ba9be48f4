/// How often and how soon a request is tried again after 5xx or a broken connection.
public struct RetryPolicy: Sendable, Hashable {
    /// The first attempt included; nil: without end. At least 1.
    public var maxAttempts: Int?
    /// How long to wait between attempts where the relay does not say.
    public var backoff: Backoff
    /// A `Retry-After` longer than this ends the attempts. Default 120 s.
    public var longestRetryAfter: Duration

    /// A policy with these settings; see the properties.
    ///
    /// - Parameters:
    ///   - maxAttempts: the first one included; nil: without end.
    ///   - backoff: how long to wait where the relay does not say.
    ///   - longestRetryAfter: a longer `Retry-After` ends the attempts.
    public init(
        maxAttempts: Int? = 5,
        backoff: Backoff = Backoff(),
        longestRetryAfter: Duration = .seconds(120)
    ) {
        self.maxAttempts = maxAttempts.map { max(1, $0) }
        self.backoff = backoff
        self.longestRetryAfter = longestRetryAfter
    }
}
