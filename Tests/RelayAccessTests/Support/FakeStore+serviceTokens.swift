import RelayAccess
import RelayCore
import RelayWire

extension FakeStore {
    func insertServiceToken(
        _ token: ServiceToken,
        generation: Int64,
        most: Int
    ) async throws(StoreError) -> ServiceTokenInsertion {
        try self.attempt { state in
            guard state.users[token.user]?.passwordGeneration == generation else { return .outdated }
            guard state.serviceTokens.values.count(where: { $0.user == token.user }) < most else { return .full }
            state.serviceTokens[token.id] = token
            return .stored
        }
    }

    func serviceToken(_ id: String) async throws(StoreError) -> ServiceToken? {
        try self.attempt { $0.serviceTokens[id] }
    }

    func serviceTokens(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(StoreError) -> [ServiceToken] {
        try self.attempt { state in
            let all = state.serviceTokens.values.filter { user == nil || $0.user == user }
            let rest = all.filter { token in place.map { $0 < token.place } ?? true }
            return Array(rest.sorted { $0.place < $1.place }.prefix(limit))
        }
    }

    func removeServiceToken(_ id: String) async throws(StoreError) -> Bool {
        try self.attempt { $0.serviceTokens.removeValue(forKey: id) != nil }
    }

    func sweepServiceTokens(at now: Timestamp) async throws(StoreError) {
        try self.attempt { state in state.serviceTokens = state.serviceTokens.filter { now < $0.value.expiresAt } }
    }
}
