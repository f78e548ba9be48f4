import RelayAccess
import RelayCore

extension StoreCopy {
    func copyUsers() async throws {
        var last: UserPlace?
        while true {
            let page = try await self.source.users(after: last, limit: Self.users)
            guard let end = page.last else { return }
            try await self.forEach(of: page) { try await self.copy($0) }
            self.tally.count { $0.users += page.count }
            last = end.place
        }
    }

    private func copy(_ user: User) async throws {
        if try await !self.target.createUser(user), try await self.target.user(user.id) != user {
            throw CopyFailure.differs("user \(user.id)")
        }
        var last: String?
        while true {
            let page = try await self.source.refreshTokens(of: user.id, after: last, limit: Self.page)
            guard let end = page.last else { return }
            for token in page {
                guard try await self.target.insertRefreshToken(token, generation: user.passwordGeneration) else {
                    throw CopyFailure.differs("user \(user.id)")
                }
            }
            self.tally.count { $0.tokens += page.count }
            last = end.jti
        }
    }

    func copyDeniedTokens() async throws {
        var last: DeniedToken?
        while true {
            let page = try await self.source.deniedTokens(after: last, limit: Self.page)
            guard let end = page.last else { return }
            for token in page {
                // Whose it is is only told to relays, of which none is there.
                try await self.target.denyToken(token.jti, of: UserID(""), until: token.expiresAt)
            }
            last = end
        }
    }

    /// Of users who are there.
    func copyServiceTokens() async throws {
        var last: ServiceTokenPlace?
        while true {
            let page = try await self.source.serviceTokens(of: nil, after: last, limit: Self.page)
            guard let end = page.last else { return }
            try await self.forEach(of: page) { try await self.copy($0) }
            self.tally.count { $0.tokens += page.count }
            last = end.place
        }
    }

    private func copy(_ token: ServiceToken) async throws {
        if let known = try await self.target.serviceToken(token.id) {
            guard known == token else { throw CopyFailure.differs("service token \(token.id)") }
            return
        }
        let generation = try await self.target.user(token.user)?.passwordGeneration ?? 0
        switch try await self.target.insertServiceToken(token, generation: generation, most: .max) {
        case .stored: return
        case .full, .outdated: throw CopyFailure.differs("service token \(token.id)")
        }
    }
}
