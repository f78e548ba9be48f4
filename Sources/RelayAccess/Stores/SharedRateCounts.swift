public import RelayCore

/// Counts requests for all relays that share a store, so that a client has its limit once and not once for each relay.
public protocol SharedRateCounts: Sendable {
    /// Counts a request of `key` under `rule`, unless its window holds `limit.count` already; one atomic step. A window begins with its
    /// first request.
    ///
    /// - Returns: nil if the request was counted, else the seconds until the window ends, at least 1.
    func admit(_ rule: RateLimitRule, key: String, limit: RateLimit) async throws(StoreError) -> Int64?
}
