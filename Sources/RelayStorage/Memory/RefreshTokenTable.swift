import RelayAccess
import RelayCore
import RelayWire

/// Refresh tokens: a value, owned by its store's lock.
struct RefreshTokenTable {
    private var tokens: [String: RefreshToken] = [:]
    private var byUser: [UserID: Set<String>] = [:]
    private var byChain: [String: Set<String>] = [:]

    func token(_ jti: String) -> RefreshToken? { self.tokens[jti] }

    mutating func put(_ token: RefreshToken) {
        self.tokens[token.jti] = token
        self.byUser[token.user, default: []].insert(token.jti)
        self.byChain[token.chain, default: []].insert(token.jti)
    }

    mutating func rotate(_ attempt: RefreshAttempt) -> RefreshOutcome {
        let presented = self.tokens[attempt.jti]
        let next = presented?.successor.flatMap { self.tokens[$0] }
        switch RefreshRotation.decide(attempt, presented: presented, successor: next) {
        case .rotate(let spent, let successor, let replaced):
            if let replaced { self.tokens[replaced]?.revokedAt = attempt.now }
            self.put(spent)
            self.put(successor)
            return .rotated(successor)
        case .refuse:
            return .invalid
        case .revokeChain(let chain):
            self.revokeChain(chain, at: attempt.now)
            return presented.map { .reused(user: $0.user, chain: chain) } ?? .invalid
        }
    }

    /// Oldest first.
    func live(of user: UserID, at now: Timestamp) -> [RefreshToken] {
        (self.byUser[user] ?? []).compactMap { self.tokens[$0] }
            .filter { $0.isLive(at: now) }
            .sorted { $0.issuedAt == $1.issuedAt ? $0.jti.precedesInBytes($1.jti) : $0.issuedAt < $1.issuedAt }
    }

    /// In the order of their jtis' bytes.
    func page(of user: UserID, after jti: String?, limit: Int) -> [RefreshToken] {
        let ids = (self.byUser[user] ?? []).filter { jti?.precedesInBytes($0) ?? true }
        return ids.sorted { $0.precedesInBytes($1) }.prefix(max(0, limit)).compactMap { self.tokens[$0] }
    }

    mutating func revoke(_ jti: String, at now: Timestamp) -> Bool {
        guard self.tokens[jti]?.isLive(at: now) == true else { return false }
        self.tokens[jti]?.revokedAt = now
        return true
    }

    mutating func revokeChain(_ chain: String, at now: Timestamp) {
        for jti in self.byChain[chain] ?? [] where self.tokens[jti]?.revokedAt == nil {
            self.tokens[jti]?.revokedAt = now
        }
    }

    mutating func remove(of user: UserID) {
        for jti in self.byUser[user] ?? [] { self.remove(jti) }
    }

    mutating func sweep(at now: Timestamp) {
        for token in self.tokens.values where token.expiresAt < now { self.remove(token.jti) }
    }

    private mutating func remove(_ jti: String) {
        guard let token = self.tokens.removeValue(forKey: jti) else { return }
        self.byUser[token.user]?.remove(jti)
        if self.byUser[token.user]?.isEmpty == true { self.byUser[token.user] = nil }
        self.byChain[token.chain]?.remove(jti)
        if self.byChain[token.chain]?.isEmpty == true { self.byChain[token.chain] = nil }
    }
}
