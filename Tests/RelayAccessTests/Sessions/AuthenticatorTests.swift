import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct AuthenticatorTests {
    let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    /// The refusal that the cache answers; nil where it knows a good session.
    private func cachedRefusal(_ token: String) throws -> AccessError.Code? {
        switch try #require(self.bench.authenticator.cached(token, at: self.bench.clock.now)) {
        case .session: nil
        case .refused(let error): error.code
        }
    }

    @Test("A token is a miss first and a hit afterwards, and the store is asked once")
    func missThenHit() async throws {
        let token = try self.bench.token()
        #expect(self.bench.authenticator.cached(token, at: self.bench.clock.now) == nil)
        let session = try await self.bench.authenticate(token)
        #expect(session.account.principal == self.bench.ada.principal)
        #expect(try self.cachedRefusal(token) == nil)
        #expect(self.bench.store.edit { $0.userReads } == 1)
        #expect(self.bench.store.edit { $0.denyReads } == 1)
    }

    @Test("Header values are cached as sent in the usual form, and by their token otherwise")
    func headers() async throws {
        let (auth, now) = (self.bench.authenticator, self.bench.clock.now)
        let token = try self.bench.token()
        for header in ["Bearer \(token)", "bearer \(token)", "Bearer   \(token)"] {
            #expect(auth.cached(authorization: header, at: now) == nil || header != "Bearer \(token)")
            _ = try await auth.authenticate(authorization: header, at: now)
            guard case .session = auth.cached(authorization: header, at: now) else {
                Issue.record("\(header) is not known")
                continue
            }
        }
        // Known as a bare token now; without its scheme it is still no credential.
        guard case .refused(let error) = auth.cached(authorization: token, at: now) else {
            Issue.record("a token without a scheme was accepted")
            return
        }
        #expect(error.code == .notAuthenticated)
    }

    @Test("Bad tokens are refused and leave nothing in the cache")
    func badTokens() async throws {
        for number in 0..<200 {
            let code = await refusal { () throws(AccessError) in _ = try await self.bench.authenticate("a.b.\(number)")
            }
            #expect(code == .invalidToken)
            #expect(self.bench.authenticator.cached("a.b.\(number)", at: self.bench.clock.now) == nil)
        }
        #expect(self.bench.store.edit { $0.userReads } == 0)
    }

    @Test("A good token of a user that never was is refused")
    func unknownUser() async throws {
        var user = self.bench.ada
        user = User(
            id: UserID("gone"),
            username: user.username,
            createdAt: user.createdAt,
            email: nil,
            permissions: [],
            passwordHash: nil
        )
        let token = try self.bench.token(for: user)
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(token) } == .userNotFound
        )
        #expect(self.bench.authenticator.cached(token, at: self.bench.clock.now) == nil)
    }

    @Test("A cached token expires on the dot")
    func expiry() async throws {
        let token = try self.bench.token()
        _ = try await self.bench.authenticate(token)
        self.bench.clock.advance(seconds: 3599)
        #expect(try self.cachedRefusal(token) == nil)
        self.bench.clock.advance(seconds: 1)
        #expect(try self.cachedRefusal(token) == .invalidToken)
    }

    @Test("Stored permissions count, not the token's claims, and changes show at the next lookup")
    func permissions() async throws {
        let token = try self.bench.token()
        let session = try await self.bench.authenticate(token)
        let now = self.bench.clock.now
        _ = try session.principal(at: now, requiring: .write)
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(permissions: ["read"]))
        let error = #expect(throws: AccessError.self) { try session.principal(at: now, requiring: .write) }
        #expect(error?.code == .permissionRequired(.write))
        #expect(try session.principal(at: now, requiring: .read).permissions == .read)
    }

    @Test("Deactivation and deletion show on cached tokens and open sessions; activation brings them back")
    func standing() async throws {
        let token = try self.bench.token()
        let session = try await self.bench.authenticate(token)
        let users = self.bench.access.users
        _ = try await users.update(self.bench.ada.id, UserPatch(isActive: false))
        #expect(try self.cachedRefusal(token) == .userInactive)
        #expect(session.state(at: self.bench.clock.now) == .refused(AccessError(.userInactive)))
        _ = try await users.update(self.bench.ada.id, UserPatch(isActive: true))
        #expect(try self.cachedRefusal(token) == nil)
        _ = try await users.delete(self.bench.ada.id, by: UserID("admin"))
        #expect(try self.cachedRefusal(token) == .userNotFound)
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(token) } == .userNotFound
        )
    }

    @Test("A load that read the user before it was deactivated doesn't bring the old state back")
    func loadRacesDeactivation() async throws {
        let token = try self.bench.token()
        let gate = Gate()
        self.bench.store.edit { $0.userGate = gate }
        let code = try await withThrowingTaskGroup(of: AccessError.Code?.self) { group in
            group.addTask {
                await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(token) }
            }
            await gate.arrival()
            self.bench.store.edit { $0.users[self.bench.ada.id]?.isActive = false }
            group.addTask {
                await self.bench.authenticator.invalidate(user: self.bench.ada.id)
                return .userInactive
            }
            // The announcement either marks the load under way as stale, or finds its account and reads anew.
            gate.open()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(code.isSubset(of: [.userInactive, nil]))
        #expect(try self.cachedRefusal(token) == .userInactive)
    }

    @Test("A logout between the deny list's answer and the end of authentication is not lost")
    func authenticationRacesLogout() async throws {
        let issued = try self.bench.tokens.issue(for: self.bench.ada.principal, at: self.bench.clock.now)
        let gate = Gate()
        self.bench.store.edit { $0.denyGate = gate }
        async let late = refusal { () throws(AccessError) in _ = try await self.bench.authenticate(issued.text) }
        await gate.arrival()
        try await self.bench.store.denyToken(issued.jti, of: self.bench.ada.id, until: issued.expiresAt)
        self.bench.authenticator.invalidate(token: issued.jti, of: self.bench.ada.id)
        gate.open()
        #expect(await late == .tokenRevoked)
        #expect(try self.cachedRefusal(issued.text) == .tokenRevoked)
    }

    @Test("Many misses at once for one user read the store once, and share one account")
    func coalesced() async throws {
        let tokens = try (0..<50).map { _ in try self.bench.token() }
        let gate = Gate()
        self.bench.store.edit { $0.userGate = gate }
        let sessions = try await withThrowingTaskGroup(of: Session.self) { group in
            for token in tokens { group.addTask { try await self.bench.authenticate(token) } }
            await gate.arrival()
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sessions.count == 50)
        #expect(Set(sessions.map { ObjectIdentifier($0.account) }).count == 1)
        #expect(self.bench.store.edit { $0.userReads } == 1)
    }

    @Test("A client that hangs up during a load doesn't fail it for the others")
    func cancelledLoader() async throws {
        let (first, second) = (try self.bench.token(), try self.bench.token())
        let gate = Gate()
        self.bench.store.edit { $0.userGate = gate }
        let leader = Task { try await self.bench.authenticate(first) }
        await gate.arrival()
        async let follower = self.bench.authenticate(second)
        leader.cancel()
        gate.open()
        #expect(try await follower.account.id == self.bench.ada.id)
        _ = try await leader.value
        #expect(try self.cachedRefusal(second) == nil)
    }

    @Test("A session that fell out of the cache but lives on a connection is the one that a logout finds")
    func evictedButHeld() async throws {
        let bench = try Bench(cacheCapacity: 4)
        let token = try bench.token()
        let held = try await bench.authenticate(token)
        for _ in 0..<20 { _ = try await bench.authenticate(bench.token()) }
        #expect(bench.authenticator.cached(token, at: bench.clock.now) == nil)
        let again = try await bench.authenticate(token)
        #expect(again === held)
        try await bench.access.logout.logout(again)
        #expect(held.isRevoked)
    }

    @Test(
        "While the store is down known tokens go on, unknown ones are 503, and a change shows nothing until it is read"
    )
    func storeDown() async throws {
        let token = try self.bench.token()
        _ = try await self.bench.authenticate(token)
        self.bench.store.edit { $0.failure = StoreError(.unavailable, "down") }
        #expect(try self.cachedRefusal(token) == nil)
        let other = try self.bench.token()
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(other) } == .unavailable
        )
        await self.bench.authenticator.invalidate(user: self.bench.ada.id)
        #expect(self.bench.authenticator.cached(token, at: self.bench.clock.now) == nil)
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(token) } == .unavailable
        )
        self.bench.store.edit { $0.failure = nil }
        _ = try await self.bench.authenticate(token)
        #expect(try self.cachedRefusal(token) == nil)
    }

    @Test("Changes that were announced to nobody show after a resynchronization")
    func resynchronize() async throws {
        let (first, second) = (try self.bench.token(), try self.bench.token())
        let session = try await self.bench.authenticate(first)
        let other = try await self.bench.authenticate(second)
        let jti = try #require(session.jti)
        try await self.bench.store.denyToken(jti, of: self.bench.ada.id, until: session.expiresAt)
        self.bench.store.edit { $0.users[self.bench.ada.id]?.permissions = .read }
        try await self.bench.authenticator.resynchronize(at: self.bench.clock.now)
        #expect(session.isRevoked)
        #expect(other.account.principal.permissions == .read)
        #expect(!other.isRevoked)
    }

    @Test("A store that is down turns nobody away who was already in")
    func resynchronizeInVain() async throws {
        let token = try self.bench.token()
        let session = try await self.bench.authenticate(token)
        self.bench.store.edit { $0.failure = StoreError(.unavailable, "down") }
        let refused = await refusal { () throws(AccessError) in
            try await self.bench.authenticator.resynchronize(at: self.bench.clock.now)
        }
        #expect(refused == .unavailable)
        _ = try session.principal(at: self.bench.clock.now)
        #expect(try self.cachedRefusal(token) == nil)
    }

    @Test("A user that can't be read keeps a resynchronization from nothing else")
    func resynchronizeAroundUnreadable() async throws {
        let session = try await self.bench.authenticate(self.bench.token())
        let (jti, ada) = (try #require(session.jti), self.bench.ada.id)
        let eve = User(
            id: UserID("eve"),
            username: "eve",
            createdAt: self.bench.ada.createdAt,
            email: nil,
            permissions: [.read],
            passwordHash: nil
        )
        self.bench.store.edit { $0.users[eve.id] = eve }
        let other = try await self.bench.authenticate(self.bench.token(for: eve))
        try await self.bench.store.denyToken(jti, of: ada, until: session.expiresAt)
        self.bench.store.edit { state in
            state.unreadable = [ada]
            state.users[UserID("eve")]?.permissions = .write
        }
        let refused = await refusal { () throws(AccessError) in
            try await self.bench.authenticator.resynchronize(at: self.bench.clock.now)
        }
        #expect(refused == .unavailable)
        #expect(session.isRevoked)
        #expect(other.account.principal.permissions == .write)
    }

    @Test("Observers are told after the state has changed")
    func observers() async throws {
        let log = ChangeLog()
        let session = try await self.bench.authenticate(self.bench.token())
        let (clock, ada) = (self.bench.clock, self.bench.ada.id)
        self.bench.authenticator.observe { change in
            guard case .refused = session.state(at: clock.now) else { return }
            log.append(change)
        }
        _ = try await self.bench.access.users.update(ada, UserPatch(isActive: false))
        _ = try await self.bench.access.users.update(ada, UserPatch(isActive: true))
        try await self.bench.access.logout.logout(session)
        let jti = try #require(session.jti)
        #expect(log.all == [.userChanged(ada), .tokenRevoked(jti: jti, ada)])
    }
}
