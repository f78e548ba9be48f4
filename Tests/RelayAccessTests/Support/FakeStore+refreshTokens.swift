import RelayAccess
import RelayCore
import RelayWire

extension FakeStore {
    func insertRefreshToken(_ token: RefreshToken, generation: Int64) async throws(StoreError) -> Bool {
        let gate = self.edit { state in
            defer { state.insertGate = nil }
            return state.insertGate
        }
        await gate?.pass()
        return try self.attempt { state in
            guard state.users[token.user]?.passwordGeneration == generation else { return false }
            state.refreshTokens[token.jti] = token
            return true
        }
    }

    func rotateRefreshToken(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome {
        try self.attempt { state in
            let presented = state.refreshTokens[attempt.jti]
            let successor = presented?.successor.flatMap { state.refreshTokens[$0] }
            switch RefreshRotation.decide(attempt, presented: presented, successor: successor) {
            case .rotate(let spent, let successor, let replaced):
                state.refreshTokens[spent.jti] = spent
                state.refreshTokens[successor.jti] = successor
                if let replaced { state.refreshTokens[replaced]?.revokedAt = attempt.now }
                return .rotated(successor)
            case .refuse:
                return .invalid
            case .revokeChain(let chain):
                Self.revoke(chain, in: &state, at: attempt.now)
                return .reused(user: presented?.user ?? UserID(""), chain: chain)
            }
        }
    }

    func refreshToken(_ jti: String) async throws(StoreError) -> RefreshToken? {
        try self.attempt { $0.refreshTokens[jti] }
    }

    func liveRefreshTokens(of user: UserID, at now: Timestamp) async throws(StoreError) -> [RefreshToken] {
        try self.attempt { state in
            state.refreshTokens.values.filter { $0.user == user && $0.isLive(at: now) }
                .sorted { $0.issuedAt < $1.issuedAt }
        }
    }

    func refreshTokens(
        of user: UserID,
        after jti: String?,
        limit: Int
    ) async throws(StoreError) -> [RefreshToken] {
        try self.attempt { state in
            let all = state.refreshTokens.values.filter { $0.user == user && $0.jti > jti ?? "" }
            return Array(all.sorted { $0.jti < $1.jti }.prefix(limit))
        }
    }

    func revokeRefreshToken(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try self.attempt { state in
            guard state.refreshTokens[jti]?.isLive(at: now) == true else { return false }
            state.refreshTokens[jti]?.revokedAt = now
            return true
        }
    }

    func revokeRefreshChain(_ chain: String, at now: Timestamp) async throws(StoreError) {
        try self.attempt { Self.revoke(chain, in: &$0, at: now) }
    }

    func sweepRefreshTokens(at now: Timestamp) async throws(StoreError) {
        try self.attempt { state in state.refreshTokens = state.refreshTokens.filter { now < $0.value.expiresAt } }
    }

    private static func revoke(_ chain: String, in state: inout State, at now: Timestamp) {
        for (jti, token) in state.refreshTokens where token.chain == chain {
            state.refreshTokens[jti]?.revokedAt = token.revokedAt ?? now
        }
    }
}
