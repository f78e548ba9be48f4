import RelayCore

/// Counts what is under way, in all and for each user.
///
/// Nobody has more than a quarter of what there may be, so that one whose servers are slow leaves room for others. What the relay sends for itself
/// is nobody's.
struct OutgoingShares {
    /// Of all that there may be a user may have one of so many parts.
    static let parts = 4

    private let most: Int
    private var all = 0
    private var owned: [UserID: Int] = [:]

    /// - Parameter most: in all.
    init(most: Int) {
        self.most = most
    }

    /// - Parameter owner: for whom it is; nil for the relay itself.
    /// - Returns: whether there is room for one more.
    mutating func enter(_ owner: UserID?) -> Bool {
        guard self.all < self.most else { return false }
        if let owner {
            let own = self.owned[owner, default: 0]
            guard own < max(1, self.most / Self.parts) else { return false }
            self.owned[owner] = own + 1
        }
        self.all += 1
        return true
    }

    /// To be called once for each that has entered.
    mutating func leave(_ owner: UserID?) {
        self.all -= 1
        guard let owner, let own = self.owned[owner] else { return }
        self.owned[owner] = own > 1 ? own - 1 : nil
    }
}
