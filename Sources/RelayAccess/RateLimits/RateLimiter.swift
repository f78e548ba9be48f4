public import RelayWire
import Synchronization

/// Holds clients to the configured limits. Each process counts for itself.
public final class RateLimiter: Sendable {
    /// One rule's windows.
    private final class Counter: Sendable {
        /// Owns the counts; held for one lookup.
        let table: Mutex<RateLimitTable>

        init(_ limit: RateLimit, maximumKeys: Int) {
            self.table = Mutex(RateLimitTable(limit: limit, maximumKeys: maximumKeys))
        }
    }

    private let limits: RateLimits
    private let counters: [RateLimitRule: Counter]

    /// - Parameter maximumKeys: how many keys each rule counts apart at one time. Those beyond share one count.
    public init(_ limits: RateLimits = .standard, maximumKeys: Int = 50_000) {
        self.limits = limits
        self.counters = RateLimitRule.allCases.reduce(into: [:]) { counters, rule in
            counters[rule] = limits[rule].map { Counter($0, maximumKeys: maximumKeys) }
        }
    }

    /// Counts a request. Throws `rateLimited`; a request that was refused is not counted.
    ///
    /// - Parameter key: an address or a user id. IPv6 addresses should be cut to their /64: one client has all of it.
    public func check(_ rule: RateLimitRule, key: String, at now: Timestamp) throws(AccessError) {
        guard let counter = self.counters[rule], let limit = self.limits[rule] else { return }
        switch counter.table.withLock({ $0.admit(key, at: now) }) {
        case .allowed: return
        case .refused(let seconds): throw AccessError(.rateLimited(limit, retryAfterSeconds: seconds))
        }
    }
}
