public import NIOCore
import Synchronization

/// Holds clients to the configured limits.
public final class RateLimiter: Sendable {
    /// One rule's windows.
    private final class Counter: Sendable {
        let limit: RateLimit
        /// Owns the counts; held for one lookup.
        let table: Mutex<RateLimitTable>

        init(_ limit: RateLimit, maximumKeys: Int) {
            self.limit = limit
            self.table = Mutex(RateLimitTable(limit: limit, maximumKeys: maximumKeys))
        }
    }

    /// By the rule's raw value; nil where the rule has no limit.
    private let counters: [Counter?]
    private let shared: (any SharedRateCounts)?

    /// - Parameters:
    ///   - shared: counts for all relays, where there are several.
    ///   - maximumKeys: how many keys each rule counts apart at one time. Those beyond share one count.
    public init(
        _ limits: RateLimits = .standard,
        shared: (any SharedRateCounts)? = nil,
        maximumKeys: Int = 50_000
    ) {
        self.shared = shared
        self.counters = RateLimitRule.allCases.map { rule in
            limits[rule].map { Counter($0, maximumKeys: maximumKeys) }
        }
    }

    /// Counts a request for all relays. Throws `rateLimited` as ``check(_:key:at:)`` does, which goes first: what this relay alone has
    /// seen too often never gets to the store. Where the store can't be asked, this relay's own count decides.
    public func checkEverywhere(_ rule: RateLimitRule, key: String, at now: NIODeadline) async throws(AccessError) {
        try self.check(rule, key: key, at: now)
        guard let shared = self.shared, let limit = self.counters[rule.rawValue]?.limit else { return }
        let seconds: Int64?
        do {
            seconds = try await shared.admit(rule, key: key, limit: limit)
        } catch {
            return
        }
        if let seconds { throw AccessError(.rateLimited(limit, retryAfterSeconds: seconds)) }
    }

    /// Throws `rateLimited` where ``check(_:key:at:)`` would, and counts nothing: for what is counted only where it fails.
    public func checkUncounted(_ rule: RateLimitRule, key: String, at now: NIODeadline) throws(AccessError) {
        guard let counter = self.counters[rule.rawValue] else { return }
        switch counter.table.withLock({ $0.look(key, at: now) }) {
        case .allowed: return
        case .refused(let seconds): throw AccessError(.rateLimited(counter.limit, retryAfterSeconds: seconds))
        }
    }

    /// Counts a request of this relay. Throws `rateLimited`; a request that was refused is not counted.
    ///
    /// - Parameters:
    ///   - key: an address or a user id. IPv6 addresses should be cut to their /64: one client has all of it.
    ///   - now: looked at only where the rule has a limit.
    public func check(
        _ rule: RateLimitRule,
        key: String,
        at now: @autoclosure () -> NIODeadline
    ) throws(AccessError) {
        guard let counter = self.counters[rule.rawValue] else { return }
        let now = now()
        switch counter.table.withLock({ $0.admit(key, at: now) }) {
        case .allowed: return
        case .refused(let seconds): throw AccessError(.rateLimited(counter.limit, retryAfterSeconds: seconds))
        }
    }
}
