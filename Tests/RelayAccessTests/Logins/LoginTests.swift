import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct LoginTests {
    let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private func refusedLogin(_ username: String, _ password: String) async -> AccessError.Code? {
        await refusal { () throws(AccessError) in
            _ = try await self.bench.access.logins.login(username: username, password: password)
        }
    }

    @Test("The right password gives tokens that work, and one refresh token marked as a password login")
    func success() async throws {
        let pair = try await self.bench.login()
        #expect(pair.expiresIn == 3600)
        let session = try await self.bench.authenticate(pair.accessToken)
        #expect(session.account.username == "ada")
        let live = try await self.bench.access.refreshChains.sessions(of: self.bench.ada.id)
        #expect(live.map(\.clientHint) == ["password-login"])
        #expect(live.map(\.expiresAt) == [self.bench.clock.now.adding(seconds: 90 * 86_400)])
        #expect(live.first.map { pair.refreshToken.hasPrefix($0.jti + ".") } == true)
    }

    @Test("A log-in beyond the user's tokens ends the oldest, and nobody else's")
    func quota() async throws {
        let bench = try Bench(maxTokensPerUser: 2)
        var live: [[String]] = []
        for _ in 0..<4 {
            _ = try await bench.login()
            bench.clock.advance(seconds: 1)
            live.append(try await bench.access.refreshChains.sessions(of: bench.ada.id).map(\.jti))
        }
        #expect(live.map(\.count) == [1, 2, 2, 2])
        #expect(live[3][0] == live[2][1])
    }

    @Test("A refresh token is a UUID, a dot and 43 characters, of which the store has only a hash")
    func refreshTokenForm() async throws {
        let pair = try await self.bench.login()
        let parts = pair.refreshToken.split(separator: ".")
        #expect(parts.count == 2)
        #expect(parts[0].wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
        #expect(Base64URL.decode(parts[1].utf8)?.count == 32)
        let stored = try #require(self.bench.store.edit { $0.refreshTokens[String(parts[0])] })
        #expect(stored.secretHash.count == 32)
        #expect(stored.secretHash != Base64URL.decode(parts[1].utf8))
    }

    @Test("A wrong password, an unknown user and a user without a password get one answer for one hash")
    func sameAnswerSameCost() async throws {
        self.bench.store.edit { $0.users[UserID("sso")] = Self.userWithoutPassword }
        #expect(await self.refusedLogin("ada", "wrong password") == .wrongCredentials)
        #expect(self.bench.hasher.counts == CountingHasher.Counts(verifications: 1))
        self.bench.hasher.reset()
        #expect(await self.refusedLogin("nobody", "wrong password") == .wrongCredentials)
        #expect(self.bench.hasher.counts == CountingHasher.Counts(dummies: 1))
        self.bench.hasher.reset()
        #expect(await self.refusedLogin("sso", "wrong password") == .wrongCredentials)
        #expect(self.bench.hasher.counts == CountingHasher.Counts(dummies: 1))
        #expect(self.bench.store.edit { $0.refreshTokens.isEmpty })
    }

    @Test("Only who knows the password learns that an account is inactive")
    func inactive() async {
        self.bench.store.edit { $0.users[self.bench.ada.id]?.isActive = false }
        #expect(await self.refusedLogin("ada", "wrong password") == .wrongCredentials)
        #expect(await self.refusedLogin("ada", Bench.password) == .accountInactive)
        #expect(self.bench.store.edit { $0.refreshTokens.isEmpty })
    }

    @Test("A store that is down is 503, never a wrong password")
    func storeDown() async {
        self.bench.store.edit { $0.failure = StoreError(.unavailable, "down") }
        #expect(await self.refusedLogin("ada", Bench.password) == .unavailable)
    }

    @Test("Logout ends this token at once, and no other")
    func logout() async throws {
        let (first, second) = (try await self.bench.login(), try await self.bench.login())
        let session = try await self.bench.authenticate(first.accessToken)
        let other = try await self.bench.authenticate(second.accessToken)
        try await self.bench.access.logout.logout(session)
        let now = self.bench.clock.now
        #expect(session.state(at: now) == .refused(AccessError(.tokenRevoked)))
        #expect(other.state(at: now) == .live(self.bench.ada.principal))
        let fresh = try Bench(sharing: self.bench)
        let code = await refusal { () throws(AccessError) in _ = try await fresh.authenticate(first.accessToken) }
        #expect(code == .tokenRevoked)
        _ = try await fresh.authenticate(second.accessToken)
    }

    @Test("Logout with a token without jti does nothing, and is no error")
    func logoutWithoutJTI() async throws {
        let exp = self.bench.clock.now.microseconds / 1_000_000 + 60
        let token = try self.bench.tokens.sign(AccessClaims(sub: self.bench.ada.id.rawValue, exp: exp))
        let session = try await self.bench.authenticate(token)
        try await self.bench.access.logout.logout(session)
        _ = try session.principal(at: self.bench.clock.now)
        #expect(self.bench.store.edit { $0.denied.isEmpty })
    }

    @Test("A logout that the store can't keep is reported, and holds here nonetheless")
    func logoutStoreDown() async throws {
        let session = try await self.bench.authenticate(self.bench.token())
        self.bench.store.edit { $0.failure = StoreError(.outcomeUnknown, "broke off") }
        let code = await refusal { () throws(AccessError) in try await self.bench.access.logout.logout(session) }
        #expect(code == .unavailable)
        #expect(session.isRevoked)
    }

    @Test("The sweep forgets what has expired and nothing before, a denial an hour later for clocks that go behind")
    func sweep() async throws {
        let session = try await self.bench.authenticate(self.bench.login().accessToken)
        try await self.bench.access.logout.logout(session)
        try await self.bench.access.sweep()
        #expect(self.bench.store.edit { $0.denied.count } == 1)
        #expect(self.bench.store.edit { $0.refreshTokens.count } == 1)
        self.bench.clock.advance(seconds: 3600)
        try await self.bench.access.sweep()
        #expect(self.bench.store.edit { $0.denied.count } == 1)
        self.bench.clock.advance(seconds: 3600)
        try await self.bench.access.sweep()
        #expect(self.bench.store.edit { $0.denied.count } == 0)
        #expect(self.bench.store.edit { $0.refreshTokens.count } == 1)
        self.bench.clock.advance(seconds: 90 * 86_400)
        try await self.bench.access.sweep()
        #expect(self.bench.store.edit { $0.refreshTokens.count } == 0)
    }

    private static let userWithoutPassword = User(
        id: UserID("sso"),
        username: "sso",
        createdAt: Timestamp(microseconds: 0),
        email: nil,
        permissions: [],
        passwordHash: nil
    )
}
