import RelayCore

/// What a connection has charged for the requests that it holds.
struct RequestCharge {
    /// So few bytes are part of what any connection costs, and not charged: a usual message never gets to the ledger.
    static let smallChange = 4 << 10

    private(set) var bytes = 0
    private var account = MemoryAccount.strangers

    /// Charges the difference to what is charged already.
    ///
    /// - Returns: false where there is no room for more; nothing is charged then.
    mutating func set(_ held: Int, of account: MemoryAccount, in ledger: MemoryLedger) -> Bool {
        let wanted = held > Self.smallChange ? held : 0
        guard wanted != self.bytes || (wanted > 0 && account != self.account) else { return true }
        ledger.release(self.bytes, from: self.account)
        self.account = account
        self.bytes = wanted
        guard wanted == 0 || ledger.charge(wanted, to: account) else {
            self.bytes = 0
            return false
        }
        return true
    }
}
