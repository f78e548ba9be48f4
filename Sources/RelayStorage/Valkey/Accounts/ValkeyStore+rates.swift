public import RelayAccess
public import RelayCore
import RelayValkey

extension ValkeyStore: SharedRateCounts {
    public func admit(
        _ rule: RateLimitRule,
        key: String,
        limit: RateLimit
    ) async throws(StoreError) -> Int64? {
        let reply = try await self.run(
            AdmitScript.script,
            keys: [self.layout.rate(rule, of: key)],
            [.init(limit.count), .init(limit.windowSeconds * 1_000)]
        )
        guard let milliseconds = reply.integer else { throw .unexpected("to a count of requests") }
        return milliseconds < 0 ? nil : max(1, (milliseconds + 999) / 1_000)
    }
}
