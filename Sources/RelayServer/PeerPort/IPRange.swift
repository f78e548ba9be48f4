import RelayWire

/// All addresses that share their first bits.
struct IPRange: Hashable, Sendable {
    private let base: IPAddress
    private let prefix: Int

    /// - Parameter text: `10.0.0.0/8`, `fd00::/8`, or one address.
    /// - Returns: nil where the text is none, or the prefix is longer than the address.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = IPAddress(String(parts[0])) else { return nil }
        let bits = base.family == .v4 ? 32 : 128
        let prefix = parts.count == 2 ? Int(parts[1]) : bits
        guard let prefix, 0...bits ~= prefix else { return nil }
        self.base = base
        self.prefix = prefix
    }

    var isOneAddress: Bool { self.prefix == (self.base.family == .v4 ? 32 : 128) }

    func contains(_ address: IPAddress) -> Bool {
        switch (self.base, address) {
        case (.v4(let base), .v4(let other)):
            return (base ^ other) & ~(UInt32.max >> UInt32(self.prefix)) == 0
        case (.v6(let baseHigh, let baseLow), .v6(let high, let low)):
            let highMask = ~(UInt64.max >> UInt64(min(64, self.prefix)))
            let lowMask = ~(UInt64.max >> UInt64(max(0, self.prefix - 64)))
            return (baseHigh ^ high) & highMask == 0 && (baseLow ^ low) & lowMask == 0
        case (.v4, .v6), (.v6, .v4):
            return false
        }
    }
}
