import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite("Users from elsewhere")
struct FederatedUserTests {
    let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private func person(
        _ subject: String,
        named name: String = "grace",
        issuer: String = "https://idp",
        _ permissions: Permissions = [.read],
        decides: Bool = false
    ) -> FederatedPerson {
        FederatedPerson(
            identity: FederatedIdentity(issuer: issuer, subject: subject),
            names: [name],
            email: "\(name)@example.org",
            permissions: permissions,
            decidesPermissions: decides
        )
    }

    private func user(_ person: FederatedPerson, of provider: String = "idp") async throws(AccessError) -> User {
        try await self.bench.access.federatedUsers.user(for: person, of: provider).user
    }

    @Test("are made once, and found by issuer and subject whatever they are called later")
    func found() async throws {
        let first = try await self.user(self.person("1"))
        #expect(first.username == "grace" && first.email == "grace@example.org" && first.passwordHash == nil)
        #expect(first.permissions == [.read] && first.isActive)
        #expect(try await self.user(self.person("1", named: "hopper")) == first)
        let same = await withTaskGroup(of: UserID?.self) { group in
            for _ in 0..<16 { group.addTask { try? await self.user(self.person("2", named: "linus")).id } }
            return await group.reduce(into: Set<UserID?>()) { $0.insert($1) }
        }
        #expect(same.count == 1 && !same.contains(nil))
    }

    @Test("keep no address that is too long, or would do something where it is shown")
    func addresses() async throws {
        let long = String(repeating: "a", count: 321)
        let texts = [
            "a\u{1B}[2J@example.org", "a\nb@example.org", "a\u{202E}b@example.org", "a\u{9B}@example.org", long,
        ]
        for (index, text) in texts.enumerated() {
            var person = self.person("bad-\(index)", named: "bad\(index)")
            person.email = text
            #expect(try await self.user(person).email == nil, "\(index)")
        }
        var person = self.person("good", named: "good")
        person.email = "grüße+x@example.org"
        #expect(try await self.user(person).email == "grüße+x@example.org")
    }

    @Test("never get an account of the relay's own by its name, with or without a password")
    func localAccount() async throws {
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.user(self.person("1", named: "ada")) }
                == .localAccount
        )
        let bare = User(
            id: UserID("bare"),
            username: "bare",
            createdAt: Timestamp(microseconds: 0),
            email: nil,
            permissions: [.admin],
            passwordHash: nil
        )
        #expect(try await self.bench.store.createUser(bare))
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.user(self.person("1", named: "bare")) }
                == .localAccount
        )
        #expect(try await self.bench.store.userCounts().total == 2)
    }

    @Test("of one name are told apart by provider, then by subject, then by chance")
    func collisions() async throws {
        var names: [String] = []
        for (index, issuer) in ["https://a", "https://b", "https://c", "https://d"].enumerated() {
            let person = self.person("subject-\(index)", issuer: issuer)
            names.append(try await self.user(person).username)
        }
        #expect(names.prefix(3) == ["grace", "grace-idp", "grace-idp-subject-"])
        #expect(Set(names).count == 4 && names[3].hasPrefix("grace-idp-"))
    }

    @Test("get other permissions at a sign-in only where the issuer decides that, and at once")
    func permissions() async throws {
        let user = try await self.user(self.person("1", [.read]))
        #expect(try await self.user(self.person("1", [.admin])).permissions == [.read])
        let token = try self.bench.token(for: user)
        let session = try await self.bench.authenticate(token)
        #expect(try await self.user(self.person("1", [.admin, .read], decides: true)).permissions == [.admin, .read])
        #expect(try session.principal(at: self.bench.clock.now).permissions == [.admin, .read])
        #expect(try await self.user(self.person("1", [], decides: true)).permissions == [])
        #expect(try session.principal(at: self.bench.clock.now).permissions == [])
    }

    @Test("who are not active stay out, and who were deleted come back as somebody new")
    func standing() async throws {
        let user = try await self.user(self.person("1"))
        _ = try await self.bench.access.users.update(user.id, UserPatch(isActive: false))
        let refused = await refusal { () throws(AccessError) in
            _ = try await self.user(self.person("1", [.admin], decides: true))
        }
        #expect(refused == .accountInactive)
        #expect(try await self.bench.store.user(user.id)?.permissions == [.read])
        _ = try await self.bench.access.users.delete(user.id, by: self.bench.ada.id)
        #expect(try await self.user(self.person("1")).id != user.id)
    }

    @Test("don't log in by a password, which they don't have")
    func noPassword() async throws {
        _ = try await self.user(self.person("1"))
        for password in ["", "grace", Bench.password] {
            let refused = await refusal { () throws(AccessError) in
                _ = try await self.bench.access.logins.login(username: "grace", password: password)
            }
            #expect(refused == .wrongCredentials)
        }
    }
}

@Suite("Sign-ins elsewhere")
struct SignInTests {
    let bench: Bench
    private let attempt = SignInAttempt(provider: "idp", next: "/console", origin: "https://relay")

    init() throws {
        self.bench = try Bench()
    }

    private var signIns: SignIns { self.bench.access.signIns }

    private func jar(_ step: SignInStep) -> (String) -> String? {
        { $0 == step.cookieName ? step.secret.text : nil }
    }

    @Test("come back to the browser that has begun them, once")
    func once() async throws {
        let step = try await self.signIns.begin(self.attempt)
        let back = try await self.signIns.finish(step.ticket, cookies: self.jar(step))
        #expect(back?.attempt == self.attempt)
        #expect(back?.secret.nonce == step.secret.nonce && back?.secret.verifier == step.secret.verifier)
        #expect(try await self.signIns.finish(step.ticket, cookies: self.jar(step)) == nil)
    }

    @Test("are gone when another browser brings them, and when nobody does in time")
    func otherBrowser() async throws {
        let mine = try await self.signIns.begin(self.attempt)
        let other = try await self.signIns.begin(self.attempt)
        #expect(try await self.signIns.finish(mine.ticket, cookies: { _ in other.secret.text }) == nil)
        #expect(try await self.signIns.finish(mine.ticket, cookies: self.jar(mine)) == nil)
        #expect(try await self.signIns.finish(other.ticket, cookies: { _ in nil }) == nil)
        let late = try await self.signIns.begin(self.attempt)
        self.bench.clock.advance(seconds: 600)
        #expect(try await self.signIns.finish(late.ticket, cookies: self.jar(late)) == nil)
        for guess in ["", "x", String(repeating: "x", count: 10_000)] {
            #expect(try await self.signIns.finish(guess, cookies: self.jar(mine)) == nil)
        }
    }

    @Test("leave nothing in the store by which somebody else could end them")
    func stored() async throws {
        let step = try await self.signIns.begin(self.attempt)
        let texts = [step.ticket, step.secret.text, step.secret.nonce, step.secret.verifier, step.secret.challenge]
        let id = SignInSecret.digest(of: step.ticket)
        let record = try await self.bench.store.pending(.signIn, .id(id), at: self.bench.clock.now)
        let value = String(decoding: try #require(record).value, as: UTF8.self)
        #expect(texts.allSatisfy { !value.contains($0) } && Set(texts).count == texts.count)
        #expect(!"\(step) \(step.secret)".contains(step.secret.text))
        // RFC 7636: 43 to 128 characters.
        #expect(step.secret.verifier.utf8.count == 43 && step.secret.challenge.utf8.count == 43)
    }

    @Test("end with tokens for the browser that was promised them, once and within a minute")
    func handover() async throws {
        let step = try await self.signIns.handOver(self.bench.ada)
        #expect(try await self.signIns.approval(step.ticket, cookies: self.jar(step)) == nil)
        let pair = try await self.signIns.redeem(step.ticket, cookies: self.jar(step))
        #expect(try await self.bench.authenticate(try #require(pair).accessToken).account.username == "ada")
        #expect(try await self.signIns.redeem(step.ticket, cookies: self.jar(step)) == nil)
        let late = try await self.signIns.handOver(self.bench.ada)
        self.bench.clock.advance(seconds: 60)
        #expect(try await self.signIns.redeem(late.ticket, cookies: self.jar(late)) == nil)
        let foreign = try await self.signIns.handOver(self.bench.ada)
        #expect(try await self.signIns.redeem(foreign.ticket, cookies: { _ in late.secret.text }) == nil)
    }

    @Test("end in nothing where the user was deactivated, or has a new password, meanwhile")
    func standing() async throws {
        let code = try #require(UserCode("BCDF-GHJK"))
        let (first, second) = (
            try await self.signIns.ask(self.bench.ada, about: code), try await self.signIns.handOver(self.bench.ada)
        )
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(password: "another horse"))
        #expect(try await self.signIns.approval(first.ticket, cookies: self.jar(first)) == nil)
        #expect(try await self.signIns.redeem(second.ticket, cookies: self.jar(second)) == nil)
        let user = try #require(try await self.bench.store.user(self.bench.ada.id))
        let third = try await self.signIns.ask(user, about: code)
        let approved = try await self.signIns.approval(third.ticket, cookies: self.jar(third))
        #expect(approved?.user == user && approved?.userCode == code)
        let fourth = try await self.signIns.ask(user, about: code)
        _ = try await self.bench.access.users.update(user.id, UserPatch(isActive: false))
        #expect(try await self.signIns.approval(fourth.ticket, cookies: self.jar(fourth)) == nil)
    }
}

@Suite("Sessions of other issuers' tokens")
struct ForeignSessionTests {
    private struct Reader: ForeignTokenReader {
        let holder: ForeignTokenHolder

        func holder(of token: String, at now: Timestamp) async throws(AccessError) -> ForeignTokenHolder? {
            token == "foreign" ? self.holder : nil
        }
    }

    @Test("may what their token says, until it ends or its user is deactivated; a new password ends none")
    func session() async throws {
        let bench = try Bench()
        let end = bench.clock.now.adding(seconds: 100)
        let holder = ForeignTokenHolder(user: bench.ada.id, permissions: [.read], expiresAt: end)
        bench.authenticator.takeForeignTokens(readBy: Reader(holder: holder))
        let session = try await bench.authenticate("foreign")
        #expect(try session.principal(at: bench.clock.now).permissions == [.read])
        #expect(try session.principal(at: bench.clock.now).id == bench.ada.id)
        guard case .session(let known) = bench.authenticator.cached("foreign", at: bench.clock.now) else {
            Issue.record("it is not remembered")
            return
        }
        #expect(known === session)
        _ = try await bench.access.users.update(bench.ada.id, UserPatch(password: "another horse"))
        #expect(try session.principal(at: bench.clock.now).permissions == [.read])
        _ = try await bench.access.users.update(bench.ada.id, UserPatch(isActive: false))
        #expect(
            await refusal { () throws(AccessError) in _ = try session.principal(at: bench.clock.now) } == .userInactive
        )
        _ = try await bench.access.users.update(bench.ada.id, UserPatch(isActive: true))
        bench.clock.advance(seconds: 100)
        #expect(
            await refusal { () throws(AccessError) in _ = try session.principal(at: bench.clock.now) } == .invalidToken
        )
        #expect(await refusal { () throws(AccessError) in _ = try await bench.authenticate("other") } == .invalidToken)
    }

    @Test("are not known any more once their issuer is not believed, while the relay's own are")
    func issuerGone() async throws {
        let bench = try Bench()
        let end = bench.clock.now.adding(seconds: 100)
        let holder = ForeignTokenHolder(user: bench.ada.id, permissions: [.read], expiresAt: end)
        bench.authenticator.takeForeignTokens(readBy: Reader(holder: holder))
        _ = try await bench.authenticate("foreign")
        let own = try bench.tokens.issue(for: bench.ada.principal, at: bench.clock.now).text
        _ = try await bench.authenticate(own)
        bench.authenticator.takeForeignTokens(readBy: nil)
        #expect(bench.authenticator.cached("foreign", at: bench.clock.now) == nil)
        #expect(bench.authenticator.cached(own, at: bench.clock.now) != nil)
        #expect(
            await refusal { () throws(AccessError) in _ = try await bench.authenticate("foreign") } == .invalidToken
        )
    }

    /// Answers once its gate is open.
    private struct SlowReader: ForeignTokenReader {
        let gate: Gate
        let holder: ForeignTokenHolder

        func holder(of token: String, at now: Timestamp) async throws(AccessError) -> ForeignTokenHolder? {
            await self.gate.pass()
            return self.holder
        }
    }

    @Test(
        "are not opened by a token that is being read while its issuer ceases to be believed",
        arguments: [false, true]
    )
    func issuerGoneMeanwhile(isHeader: Bool) async throws {
        let bench = try Bench()
        let (gate, now) = (Gate(), bench.clock.now)
        let end = now.adding(seconds: 100)
        let holder = ForeignTokenHolder(user: bench.ada.id, permissions: [.read, .admin], expiresAt: end)
        bench.authenticator.takeForeignTokens(readBy: SlowReader(gate: gate, holder: holder))
        async let refused = refusal { () throws(AccessError) in
            guard isHeader else {
                _ = try await bench.authenticate("foreign")
                return
            }
            _ = try await bench.authenticator.authenticate(authorization: "Bearer foreign", at: now)
        }
        await gate.arrival()
        bench.authenticator.takeForeignTokens(readBy: nil)
        gate.open()
        #expect(await refused == .invalidToken)
        #expect(bench.authenticator.cached("foreign", at: now) == nil)
        #expect(bench.authenticator.cached("Bearer foreign", at: now) == nil)
    }

    @Test("are what the issuers of now say, where these have changed while the token was being read")
    func issuerChangedMeanwhile() async throws {
        let bench = try Bench()
        let gate = Gate()
        let end = bench.clock.now.adding(seconds: 100)
        let before = ForeignTokenHolder(user: bench.ada.id, permissions: [.read, .admin], expiresAt: end)
        let after = ForeignTokenHolder(user: bench.ada.id, permissions: [.read], expiresAt: end)
        bench.authenticator.takeForeignTokens(readBy: SlowReader(gate: gate, holder: before))
        async let session = bench.authenticate("foreign")
        await gate.arrival()
        bench.authenticator.takeForeignTokens(readBy: Reader(holder: after))
        gate.open()
        #expect(try await session.principal(at: bench.clock.now).permissions == [.read])
        #expect(bench.authenticator.cached("foreign", at: bench.clock.now) != nil)
    }
}
