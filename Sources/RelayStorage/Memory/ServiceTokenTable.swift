import RelayAccess
import RelayCore
import RelayWire

/// Service tokens: a value, owned by its store's lock.
struct ServiceTokenTable {
    private var tokens: [String: ServiceToken] = [:]
    private var byUser: [UserID: Set<String>] = [:]

    func token(_ id: String) -> ServiceToken? { self.tokens[id] }

    func count(of user: UserID) -> Int { self.byUser[user]?.count ?? 0 }

    mutating func put(_ token: ServiceToken) {
        self.tokens[token.id] = token
        self.byUser[token.user, default: []].insert(token.id)
    }

    /// In the order of their places.
    func list(of user: UserID?, after place: ServiceTokenPlace?, limit: Int) -> [ServiceToken] {
        let all = user.map { (self.byUser[$0] ?? []).compactMap { self.tokens[$0] } } ?? Array(self.tokens.values)
        let rest = all.filter { token in place.map { $0 < token.place } ?? true }
        return Array(rest.sorted { $0.place < $1.place }.prefix(max(0, limit)))
    }

    /// - Returns: whether there was one.
    mutating func remove(_ id: String) -> Bool {
        guard let token = self.tokens.removeValue(forKey: id) else { return false }
        self.byUser[token.user]?.remove(id)
        if self.byUser[token.user]?.isEmpty == true { self.byUser[token.user] = nil }
        return true
    }

    mutating func remove(of user: UserID) {
        for id in self.byUser[user] ?? [] { _ = self.remove(id) }
    }

    mutating func sweep(at now: Timestamp) {
        for token in self.tokens.values where token.expiresAt <= now { _ = self.remove(token.id) }
    }
}
