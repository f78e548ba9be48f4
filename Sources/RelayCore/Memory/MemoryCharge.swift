/// Bytes that are charged to an account for as long as this lives. It is for what can end in many ways, none of which may forget to
/// release.
public final class MemoryCharge: Sendable {
    public let bytes: Int
    private let account: MemoryAccount
    private let ledger: MemoryLedger

    fileprivate init(_ bytes: Int, _ account: MemoryAccount, _ ledger: MemoryLedger) {
        self.bytes = bytes
        self.account = account
        self.ledger = ledger
    }

    deinit { self.ledger.release(self.bytes, from: self.account) }
}

extension MemoryLedger {
    /// As ``charge(_:to:)``.
    ///
    /// - Returns: nil where there is no room.
    public func hold(_ bytes: Int, in account: MemoryAccount) -> MemoryCharge? {
        self.charge(bytes, to: account) ? MemoryCharge(bytes, account, self) : nil
    }

    /// As ``add(_:to:)``.
    public func holdAnyway(_ bytes: Int, in account: MemoryAccount) -> MemoryCharge {
        self.add(bytes, to: account)
        return MemoryCharge(bytes, account, self)
    }
}
