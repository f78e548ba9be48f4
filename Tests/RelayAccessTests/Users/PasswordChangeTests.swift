import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayAccess

@Suite("A new password ends what was obtained by the one before")
struct PasswordChangeTests {
    private let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private func changePassword(_ password: String = "another password") async throws {
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(password: password))
    }

    private func code(of token: String) async -> AccessError.Code? {
        await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(token) }
    }

    @Test("Access tokens, sessions that are open, and refresh tokens; those of the new password are good")
    func everything() async throws {
        let old = try await self.bench.login()
        let session = try await self.bench.authenticate(old.accessToken)
        let log = ChangeLog()
        self.bench.authenticator.observe { log.append($0) }
        try await self.changePassword()
        #expect(log.all == [.userChanged(self.bench.ada.id)])
        #expect(session.state(at: self.bench.clock.now) == .refused(AccessError(.tokenRevoked)))
        #expect(await self.code(of: old.accessToken) == .tokenRevoked)
        let refreshed = await refusal { () throws(AccessError) in
            _ = try await self.bench.access.refreshChains.refresh(old.refreshToken)
        }
        #expect(refreshed == .invalidRefreshToken)
        let new = try await self.bench.access.logins.login(username: "ada", password: "another password")
        #expect(await self.code(of: new.accessToken) == nil)
        let renewed = try await self.bench.access.refreshChains.refresh(new.refreshToken)
        #expect(await self.code(of: renewed.accessToken) == nil)
    }

    @Test("Tokens given out before generations were counted are of the first password")
    func oldTokens() async throws {
        let token = try self.bench.tokens.issue(for: self.bench.ada.principal, at: self.bench.clock.now).text
        #expect(await self.code(of: token) == nil)
        try await self.changePassword()
        #expect(await self.code(of: token) == .tokenRevoked)
    }

    @Test("A log-in with the old password that runs while it is changed gets nothing")
    func loginMeanwhile() async throws {
        let gate = Gate()
        self.bench.hasher.gate.withLock { $0 = gate }
        async let login = refusal { () throws(AccessError) in _ = try await self.bench.login() }
        await gate.arrival()
        try await self.changePassword()
        gate.open()
        #expect(await login == .wrongCredentials)
        #expect(self.bench.store.edit { $0.refreshTokens.isEmpty })
    }

    @Test("A refresh that runs while the password is changed gets nothing that works")
    func refreshMeanwhile() async throws {
        let pair = try await self.bench.login()
        let gate = Gate()
        self.bench.store.edit { $0.userGate = gate }
        async let refreshed = refusal { () throws(AccessError) in
            _ = try await self.bench.access.refreshChains.refresh(pair.refreshToken)
        }
        await gate.arrival()
        try await self.changePassword()
        gate.open()
        #expect(await refreshed == .invalidRefreshToken)
    }

    @Test("A relay that was not told of the change believes a new token, and ends the old ones then")
    func untold() async throws {
        let other = try Bench(sharing: self.bench)
        let old = try await self.bench.login()
        let session = try await other.authenticate(old.accessToken)
        try await self.changePassword()
        #expect(session.state(at: self.bench.clock.now) == .live(self.bench.ada.principal), "nobody has told it")
        let log = ChangeLog()
        other.authenticator.observe { log.append($0) }
        let new = try await self.bench.access.logins.login(username: "ada", password: "another password")
        _ = try await other.authenticate(new.accessToken)
        #expect(log.all == [.userChanged(self.bench.ada.id)])
        #expect(session.state(at: self.bench.clock.now) == .refused(AccessError(.tokenRevoked)))
    }

    @Test("A change of permissions, of the address, or of the hash's cost ends nothing")
    func otherChanges() async throws {
        let pair = try await self.bench.login()
        let id = self.bench.ada.id
        _ = try await self.bench.access.users.update(id, UserPatch(email: "a@b", permissions: ["read"]))
        self.bench.store.edit { $0.users[id]?.passwordHash = "old:" + Bench.password }
        _ = try await self.bench.login()
        #expect(self.bench.store.edit { $0.users[id]?.passwordHash } == "plain:" + Bench.password)
        let session = try await self.bench.authenticate(pair.accessToken)
        #expect(try session.principal(at: self.bench.clock.now).permissions == .read)
        _ = try await self.bench.access.refreshChains.refresh(pair.refreshToken)
    }

    @Test("A log-in stores the password at the cost that is configured now, once")
    func rehash() async throws {
        self.bench.store.edit { $0.users[self.bench.ada.id]?.passwordHash = "old:" + Bench.password }
        _ = try await self.bench.login()
        #expect(self.bench.hasher.counts.hashes == 1)
        _ = try await self.bench.login()
        #expect(self.bench.hasher.counts.hashes == 1)
        _ = await refusal { () throws(AccessError) in
            _ = try await self.bench.access.logins.login(username: "ada", password: "wrong")
        }
        #expect(self.bench.store.edit { $0.users[self.bench.ada.id]?.passwordHash } == "plain:" + Bench.password)
    }

    @Test("A clock that is set makes no refresh token's grace longer", arguments: [-86_400, -3_600, 3_600, 86_400])
    func reuseAfterStep(step: Int64) async throws {
        let bench = try Bench(reuseGraceSeconds: 10)
        let first = try await bench.login()
        let second = try await bench.access.refreshChains.refresh(first.refreshToken)
        bench.clock.advance(seconds: step)
        for token in [first.refreshToken, second.refreshToken] {
            let code = await refusal { () throws(AccessError) in
                _ = try await bench.access.refreshChains.refresh(token)
            }
            #expect(code == .invalidRefreshToken, "the chain is revoked")
        }
    }
}
