public import NIOCore
import Synchronization

/// Holds clients to the configured limits.
public final class RateLimiter: Sendable {
    /// One rule's windows.
    private final class Counter: Sendable {
        /// Whether the rule has a limit: nothing is locked for one that has none.
        private let isLimited: Atomic<Bool>
        /// Owns the counts; held for one lookup. Nil where the rule has no limit.
        private let table: Mutex<RateLimitTable?>
        private let maximumKeys: Int

        init(_ limit: RateLimit?, maximumKeys: Int) {
            self.maximumKeys = maximumKeys
            self.isLimited = Atomic(limit != nil)
            self.table = Mutex(limit.map { RateLimitTable(limit: $0, maximumKeys: maximumKeys) })
        }

        /// Nil where the rule has none.
        var limit: RateLimit? {
            guard self.isLimited.load(ordering: .relaxed) else { return nil }
            return self.table.withLock { $0?.limit }
        }

        /// What was counted under another limit is forgotten.
        func change(to limit: RateLimit?) {
            self.table.withLock { table in
                guard table?.limit != limit else { return }
                table = limit.map { RateLimitTable(limit: $0, maximumKeys: self.maximumKeys) }
            }
            self.isLimited.store(limit != nil, ordering: .relaxed)
        }

        /// Throws `rateLimited` as `look` decides.
        func check(_ look: (inout RateLimitTable) -> RateLimitTable.Decision) throws(AccessError) {
            guard self.isLimited.load(ordering: .relaxed) else { return }
            let refusal = self.table.withLock { known -> (limit: RateLimit, seconds: Int64)? in
                // Taken out meanwhile, so that it is changed in place.
                guard var table = known.take() else { return nil }
                defer { known = table }
                guard case .refused(let seconds) = look(&table) else { return nil }
                return (table.limit, seconds)
            }
            if let refusal {
                throw AccessError(.rateLimited(refusal.limit, retryAfterSeconds: refusal.seconds))
            }
        }
    }

    /// By the rule's raw value.
    private let counters: [Counter]
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
        self.counters = RateLimitRule.allCases.map { Counter(limits[$0], maximumKeys: maximumKeys) }
    }

    /// Holds clients to other limits from now on. Where one is another than before, counting begins anew.
    public func change(to limits: RateLimits) {
        for rule in RateLimitRule.allCases { self.counters[rule.rawValue].change(to: limits[rule]) }
    }

    /// Counts a request for all relays. Throws `rateLimited` as ``check(_:key:at:)`` does, which goes first: what this relay alone has
    /// seen too often never gets to the store. Where the store can't be asked, this relay's own count decides.
    public func checkEverywhere(_ rule: RateLimitRule, key: String, at now: NIODeadline) async throws(AccessError) {
        try self.check(rule, key: key, at: now)
        guard let shared = self.shared, let limit = self.counters[rule.rawValue].limit else { return }
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
        try self.counters[rule.rawValue].check { $0.look(key, at: now) }
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
        try self.counters[rule.rawValue].check { $0.admit(key, at: now()) }
    }
}
