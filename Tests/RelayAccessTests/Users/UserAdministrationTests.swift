import RelayCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayAccess

@Suite
struct UserAdministrationTests {
    let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private var users: UserAdministration { self.bench.access.users }

    @Test("A registered user can log in, and holds what it was given")
    func register() async throws {
        let user = try await self.users.register(
            UserRegistration(
                username: "bob",
                password: "12345678",
                email: "b@x",
                permissions: ["write", "read", "read"]
            )
        )
        #expect(user.permissions == [.read, .write])
        #expect(user.isActive)
        #expect(user.email == "b@x")
        #expect(user.createdAt == self.bench.clock.now)
        #expect(user.id.rawValue.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
        _ = try await self.bench.access.logins.login(username: "bob", password: "12345678")
        #expect(try await self.users.users(limit: 100).map(\.username) == ["ada", "bob"])
        #expect(try await self.users.counts() == UserCounts(total: 2, active: 2))
        #expect(try await self.users.user(user.id) == user)
    }

    @Test("Of fifty concurrent registrations of one name one wins, the others are told that it exists")
    func concurrentRegistrations() async throws {
        let outcomes = await withTaskGroup(of: AccessError.Code?.self) { group in
            for number in 0..<50 {
                group.addTask {
                    await refusal { () throws(AccessError) in
                        let registration = UserRegistration(username: "bob", password: "password \(number)")
                        _ = try await self.users.register(registration)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .usernameTaken("bob") } == 49)
        #expect(try await self.users.counts().total == 2)
    }

    @Test(
        "Fields out of bounds are refused by name, before anything is hashed",
        arguments: [
            ("ab", "12345678", [], ["username"]),
            (String(repeating: "x", count: 51), "12345678", [], ["username"]),
            ("a\u{0}bc", "12345678", [], ["username"]), ("ab\nc", "12345678", [], ["username"]),
            ("abc\u{7F}", "12345678", [], ["username"]),
            ("abc", "1234567", [], ["password"]),
            ("abc", "12345678", ["owner"], ["permissions"]),
            ("", "", ["Admin"], ["username", "password", "permissions"]),
        ] as [(String, String, [String], [String])]
    )
    func invalid(username: String, password: String, permissions: [String], fields: [String]) async throws {
        let registration = UserRegistration(username: username, password: password, permissions: permissions)
        let error = await #expect(throws: AccessError.self) { try await self.users.register(registration) }
        #expect(error?.status == 422)
        #expect(error?.issues.map(\.field) == fields)
        #expect(self.bench.hasher.counts.hashes == 0)
    }

    @Test("Lengths count code points", arguments: ["abc", "äöü", "🔑🔑🔑", String(repeating: "é", count: 50)])
    func lengths(username: String) async throws {
        _ = try await self.users.register(UserRegistration(username: username, password: "ääääääää"))
    }

    @Test("A patch changes what it names and nothing else")
    func patch() async throws {
        let id = self.bench.ada.id
        let user = try await self.users.update(id, UserPatch(email: .some("a@x")))
        #expect(user.email == "a@x")
        #expect(user.permissions == self.bench.ada.permissions)
        #expect(user.passwordHash == self.bench.ada.passwordHash)
        let cleared = try await self.users.update(id, UserPatch(email: .some(nil), password: "new password"))
        #expect(cleared.email == nil)
        _ = try await self.bench.access.logins.login(username: "ada", password: "new password")
        let code = await refusal { () throws(AccessError) in
            _ = try await self.users.update(id, UserPatch(password: "short", permissions: ["x"]))
        }
        guard case .invalidFields(let issues) = code else {
            Issue.record("expected invalidFields, got \(String(describing: code))")
            return
        }
        #expect(issues.map(\.field) == ["password", "permissions"])
    }

    @Test("Users that don't exist are not found, and nobody deletes himself")
    func refusals() async throws {
        let (id, ada) = (UserID("nobody"), self.bench.ada.id)
        #expect(await refusal { () throws(AccessError) in _ = try await self.users.user(id) } == .noSuchUser(id))
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.users.update(id, UserPatch()) }
                == .noSuchUser(id)
        )
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.users.delete(id, by: ada) } == .noSuchUser(id)
        )
        #expect(
            await refusal { () throws(AccessError) in _ = try await self.users.delete(ada, by: ada) } == .ownDeletion
        )
        _ = try await self.users.user(ada)
    }

    @Test("Observers hear of changes also where the store broke off midway, but not where it changed nothing")
    func announcements() async throws {
        let log = ChangeLog()
        self.bench.authenticator.observe { log.append($0) }
        let ada = self.bench.ada.id
        self.bench.store.edit { $0.failure = StoreError(.unavailable, "down") }
        _ = await refusal { () throws(AccessError) in _ = try await self.users.update(ada, UserPatch(isActive: false)) }
        #expect(log.all == [])
        self.bench.store.edit { $0.failure = StoreError(.outcomeUnknown, "broke off") }
        _ = await refusal { () throws(AccessError) in _ = try await self.users.update(ada, UserPatch(isActive: false)) }
        #expect(log.all == [.userChanged(ada)])
    }

    @Test("The bootstrap creates its administrator, then leaves it alone, then resets a password that differs")
    func bootstrap() async throws {
        let logins = self.bench.access.logins
        #expect(try await self.users.bootstrap(username: "admin", password: "first") == .created)
        let admin = try #require(try await self.users.users(limit: 100).first { $0.username == "admin" })
        #expect(admin.permissions == [.admin, .read, .write])
        #expect(admin.email == "admin@example.com")
        _ = try await self.users.update(admin.id, UserPatch(permissions: ["admin"]))
        #expect(try await self.users.bootstrap(username: "admin", password: "first") == .unchanged)
        #expect(try await self.users.bootstrap(username: "admin", password: "second") == .passwordReset)
        _ = try await logins.login(username: "admin", password: "second")
        #expect(try await self.users.user(admin.id).permissions == .admin)
    }

    @Test("The bootstrap ends refresh tokens where it resets the password, and only there")
    func bootstrapEndsRefreshTokens() async throws {
        let access = self.bench.access
        _ = try await self.users.bootstrap(username: "admin", password: "first")
        let pair = try await access.logins.login(username: "admin", password: "first")
        _ = try await self.users.bootstrap(username: "admin", password: "first")
        let next = try await access.refreshChains.refresh(pair.refreshToken)
        _ = try await self.users.bootstrap(username: "admin", password: "second")
        let code = await refusal { () throws(AccessError) in
            _ = try await access.refreshChains.refresh(next.refreshToken)
        }
        #expect(code == .invalidRefreshToken)
    }

    @Test("The bootstrap gives no password to somebody who signs in elsewhere and has the administrator's name")
    func foreignBootstrap() async throws {
        let person = FederatedPerson(
            identity: FederatedIdentity(issuer: "https://idp.example", subject: "1"),
            names: ["admin"],
            permissions: [.read],
            decidesPermissions: false
        )
        let user = try await self.bench.access.federatedUsers.user(for: person, of: "idp").user
        #expect(user.username == "admin")
        #expect(try await self.users.bootstrap(username: "admin", password: "first") == .foreign)
        #expect(try await self.users.user(user.id) == user)
    }

    @Test("Of two relays that start with a new password at once one sets it, and what was got by it since stays")
    func bootstrapAtOnce() async throws {
        let access = self.bench.access
        _ = try await self.users.bootstrap(username: "admin", password: "first")
        let gate = Gate()
        self.bench.store.edit { $0.updateGate = gate }
        async let slow = self.users.bootstrap(username: "admin", password: "second")
        await gate.arrival()
        #expect(try await self.users.bootstrap(username: "admin", password: "second") == .passwordReset)
        let pair = try await access.logins.login(username: "admin", password: "second")
        gate.open()
        #expect(try await slow == .unchanged)
        _ = try await access.refreshChains.refresh(pair.refreshToken)
    }

    @Test("Relays that start at the same time make one administrator")
    func concurrentBootstrap() async throws {
        let outcomes = try await withThrowingTaskGroup(of: BootstrapOutcome.self) { group in
            for _ in 0..<10 {
                group.addTask { try await self.users.bootstrap(username: "admin", password: "secret") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .created } == 1)
        #expect(outcomes.count { $0 == .unchanged } == 9)
    }

    @Test("Whatever order many changes and lookups come in, sessions end up showing what is stored")
    func changesAndLookups() async throws {
        for seed in 0..<20 {
            let bench = try Bench()
            let token = try bench.token()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        await Self.disturb(bench, token, SeededGenerator(seed: UInt64(seed * 100 + number)))
                    }
                }
            }
            let stored = try await bench.access.users.user(bench.ada.id)
            let code = await refusal { () throws(AccessError) in _ = try await bench.authenticate(token) }
            #expect(code == (stored.isActive ? nil : .userInactive), "seed \(seed)")
        }
    }

    private static func disturb(_ bench: Bench, _ token: String, _ generator: SeededGenerator) async {
        var generator = generator
        for _ in 0..<Int.random(in: 0...5, using: &generator) { await Task.yield() }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            let isActive = Bool.random(using: &generator)
            _ = try? await bench.access.users.update(bench.ada.id, UserPatch(isActive: isActive))
        case 1:
            _ = try? await bench.authenticate(token)
        default:
            _ = bench.authenticator.cached(token, at: bench.clock.now)
        }
    }
}
