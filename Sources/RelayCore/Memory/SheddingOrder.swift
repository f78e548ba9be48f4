/// What gives way first when memory runs short.
///
/// | in use, of the whole | what happens |
/// | --- | --- |
/// | 75 % | the hot tier gives back until all together take less, to the last byte: it is a cache |
/// | 80 % | strangers' new bytes are refused, and the oldest telemetry goes |
/// | 90 % | new bodies and new large answers are refused |
/// | 95 % | drafts are no longer taken to wait for the store, nor members onto topics; the connections that have held untaken answers for the longest are closed |
/// | 100 % | readers are refused what they need beside the stream |
///
/// Each account has a bound of its own besides. Pure: the numbers come from ``MemoryLedger``.
public struct SheddingOrder: Hashable, Sendable {
    public let limits: MemoryLimits

    public init(limits: MemoryLimits) {
        self.limits = limits
    }

    /// Whether an account may take on more.
    ///
    /// - Parameters:
    ///   - bytes: how much more.
    ///   - balance: what the account holds without them.
    ///   - total: what all accounts hold without them.
    public func admits(_ bytes: Int, to account: MemoryAccount, balance: Int, total: Int) -> Bool {
        bytes <= self.limits[account] - balance && bytes <= self.share(Self.percent(account)) - total
    }

    /// What the hot tier may hold.
    ///
    /// - Parameter others: what all other accounts hold.
    public func hotTierAllowance(others: Int) -> Int {
        max(0, min(self.limits[.hotTier], self.share(Self.percent(.hotTier)) - others))
    }

    /// How many bytes of untaken answers have to go by closing connections; 0 while memory is not that short.
    public func excess(total: Int) -> Int {
        total > self.share(Self.closingPercent) ? total - self.share(Self.percent(.answers)) : 0
    }

    private static let closingPercent = 95

    private static func percent(_ account: MemoryAccount) -> Int {
        switch account {
        case .hotTier: 75
        case .strangers, .telemetry: 80
        case .requests, .answers: 90
        case .waiting, .documents, .presence: 95
        case .readers: 100
        }
    }

    private func share(_ percent: Int) -> Int {
        // In this order: the whole may be larger than what can be multiplied.
        self.limits.whole / 100 * percent
    }
}
