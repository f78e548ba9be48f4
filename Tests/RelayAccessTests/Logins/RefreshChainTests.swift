import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct RefreshChainTests {
    let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private var chains: RefreshChains { self.bench.access.refreshChains }

    private func refusedRefresh(_ token: String, bench: Bench? = nil) async -> AccessError.Code? {
        await refusal { () throws(AccessError) in
            _ = try await (bench ?? self.bench).access.refreshChains.refresh(token)
        }
    }

    private func liveCount(_ bench: Bench? = nil) async throws -> Int {
        let bench = bench ?? self.bench
        return try await bench.access.refreshChains.sessions(of: bench.ada.id).count
    }

    @Test("A refresh gives a new pair, spends the old token, and renews the lifetime")
    func rotation() async throws {
        let first = try await self.bench.login()
        self.bench.clock.advance(seconds: 86_400)
        let second = try await self.chains.refresh(first.refreshToken)
        #expect(second.refreshToken != first.refreshToken)
        _ = try await self.bench.authenticate(second.accessToken)
        let live = try await self.chains.sessions(of: self.bench.ada.id)
        #expect(live.map(\.expiresAt) == [self.bench.clock.now.adding(seconds: 90 * 86_400)])
        #expect(live.map(\.clientHint) == ["password-login"])
        _ = try await self.chains.refresh(second.refreshToken)
    }

    @Test("A spent token that comes back ends its chain, newest successor included, and no other chain")
    func reuse() async throws {
        let (first, bystander) = (try await self.bench.login(), try await self.bench.login())
        let second = try await self.chains.refresh(first.refreshToken)
        let third = try await self.chains.refresh(second.refreshToken)
        #expect(await self.refusedRefresh(first.refreshToken) == .invalidRefreshToken)
        #expect(await self.refusedRefresh(third.refreshToken) == .invalidRefreshToken)
        _ = try await self.chains.refresh(bystander.refreshToken)
        #expect(try await self.liveCount() == 1)
    }

    @Test("Of concurrent refreshes of one token one wins, and the chain ends")
    func concurrent() async throws {
        for _ in 0..<20 {
            let bench = try Bench()
            let token = try await bench.login().refreshToken
            let outcomes = await withTaskGroup(of: AccessError.Code?.self) { group in
                for _ in 0..<2 {
                    group.addTask { await self.refusedRefresh(token, bench: bench) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 1)
            #expect(outcomes.count { $0 == .invalidRefreshToken } == 1)
            #expect(try await self.liveCount(bench) == 0)
        }
    }

    @Test(
        "Within the grace a replay whose successor is unused gets a fresh one; once it is used, or later, the chain ends"
    )
    func grace() async throws {
        let bench = try Bench(reuseGraceSeconds: 10)
        let chains = bench.access.refreshChains
        let first = try await bench.login()
        let lost = try await chains.refresh(first.refreshToken)
        bench.clock.advance(seconds: 9)
        let second = try await chains.refresh(first.refreshToken)
        #expect(await self.refusedRefresh(lost.refreshToken, bench: bench) == .invalidRefreshToken)
        _ = try await chains.refresh(second.refreshToken)
        #expect(await self.refusedRefresh(first.refreshToken, bench: bench) == .invalidRefreshToken)
        #expect(try await self.liveCount(bench) == 0)

        let other = try await bench.login()
        _ = try await chains.refresh(other.refreshToken)
        bench.clock.advance(seconds: 10)
        #expect(await self.refusedRefresh(other.refreshToken, bench: bench) == .invalidRefreshToken)
        #expect(try await self.liveCount(bench) == 0)
    }

    @Test("What is no live token of ours is refused with one answer, and changes nothing")
    func invalid() async throws {
        let token = try await self.bench.login().refreshToken
        let jti = token.split(separator: ".")[0]
        let candidates = [
            "", ".", "abc", "\(jti).", ".\(jti)", "\(jti).wrong", "\(token)x", String(token.dropLast()),
            "\(SecureRandom.uuid()).\(token.split(separator: ".")[1])", String(repeating: "x.", count: 100_000),
        ]
        for candidate in candidates {
            #expect(await self.refusedRefresh(candidate) == .invalidRefreshToken, "\(candidate.prefix(80))")
        }
        _ = try await self.chains.refresh(token)
    }

    @Test("A token expires on the dot")
    func expiry() async throws {
        let token = try await self.bench.login().refreshToken
        self.bench.clock.advance(seconds: 90 * 86_400)
        #expect(await self.refusedRefresh(token) == .invalidRefreshToken)
    }

    @Test("An inactive user's token is refused but not spent; a deleted user's is gone")
    func userState() async throws {
        let token = try await self.bench.login().refreshToken
        let users = self.bench.access.users
        _ = try await users.update(self.bench.ada.id, UserPatch(isActive: false))
        #expect(await self.refusedRefresh(token) == .refreshUserNotFound)
        _ = try await users.update(self.bench.ada.id, UserPatch(isActive: true))
        let next = try await self.chains.refresh(token)
        self.bench.store.edit { $0.users[self.bench.ada.id] = nil }
        #expect(await self.refusedRefresh(next.refreshToken) == .refreshUserNotFound)
        self.bench.store.edit { $0.users[self.bench.ada.id] = self.bench.ada }
        _ = try await users.delete(self.bench.ada.id, by: UserID("admin"))
        #expect(await self.refusedRefresh(next.refreshToken) == .invalidRefreshToken)
    }

    @Test("Reuse is noticed although the user is inactive")
    func reuseWhileInactive() async throws {
        let first = try await self.bench.login()
        _ = try await self.chains.refresh(first.refreshToken)
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(isActive: false))
        #expect(await self.refusedRefresh(first.refreshToken) == .invalidRefreshToken)
        #expect(try await self.liveCount() == 0)
    }

    @Test("Revoking ends the token; with the chain, its successors; with a wrong secret, nothing")
    func revoke() async throws {
        let first = try await self.bench.login()
        let second = try await self.chains.refresh(first.refreshToken)
        try await self.chains.revoke(second.refreshToken + "x", wholeChain: true)
        try await self.chains.revoke("\(SecureRandom.uuid()).secret", wholeChain: true)
        try await self.chains.revoke(first.refreshToken)
        #expect(try await self.liveCount() == 1)
        try await self.chains.revoke(first.refreshToken, wholeChain: true)
        #expect(try await self.liveCount() == 0)
        let other = try await self.bench.login()
        try await self.chains.revoke(other.refreshToken)
        #expect(await self.refusedRefresh(other.refreshToken) == .invalidRefreshToken)
    }

    @Test("Only text without the form of a token is malformed", arguments: ["", "abc", ".abc", "abc.", "."])
    func malformed(text: String) async throws {
        let code = await refusal { () throws(AccessError) in try await self.chains.revoke(text) }
        #expect(code == .malformedRefreshToken)
        try await self.chains.revoke("abc.def")
    }

    @Test("Sessions are listed oldest first and ended one by one, by their user only")
    func sessions() async throws {
        _ = try await self.bench.login()
        self.bench.clock.advance(seconds: 1)
        let second = try await self.bench.login()
        let live = try await self.chains.sessions(of: self.bench.ada.id)
        #expect(live.count == 2)
        #expect(live[0].issuedAt < live[1].issuedAt)
        let jti = live[1].jti
        for (who, which) in [(UserID("mallory"), jti), (self.bench.ada.id, "unknown")] {
            let code = await refusal { () throws(AccessError) in try await self.chains.endSession(which, of: who) }
            #expect(code == .sessionNotFound)
        }
        try await self.chains.endSession(jti, of: self.bench.ada.id)
        let again = await refusal { () throws(AccessError) in
            try await self.chains.endSession(jti, of: self.bench.ada.id)
        }
        #expect(again == .sessionNotFound)
        #expect(await self.refusedRefresh(second.refreshToken) == .invalidRefreshToken)
        #expect(try await self.liveCount() == 1)
    }
}
