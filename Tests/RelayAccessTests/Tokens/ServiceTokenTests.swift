import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite("Service tokens")
struct ServiceTokenTests {
    private static func draft(
        _ topics: [String] = ["t"],
        prefixes: [String] = [],
        permissions: [String]? = nil,
        peer: String? = nil,
        lifetime: Int64? = nil
    ) throws(AccessError) -> ServiceTokenDraft {
        try ServiceTokenDraft(
            label: "page",
            topics: topics.map { TopicName(path: $0) },
            prefixes: prefixes,
            permissions: permissions,
            peer: peer,
            lifetime: lifetime
        )
    }

    private static func issue(_ bench: Bench, _ draft: ServiceTokenDraft) async throws -> ServiceTokens.Issued {
        let session = try await bench.authenticate(try bench.token())
        return try await bench.access.serviceTokens.issue(draft, for: session)
    }

    @Test("a token acts as its user, within its scope")
    func acts() async throws {
        let bench = try Bench()
        let draft = try Self.draft(["t"], prefixes: ["room-"], permissions: ["read", "write"], peer: "tab")
        let issued = try await Self.issue(bench, draft)
        let session = try await bench.authenticate(issued.text)
        let principal = try session.principal(at: bench.clock.now, requiring: [.read, .write])
        #expect(principal.id == bench.ada.id && principal.username == "ada")
        #expect(principal.reach == draft.scope.reach && principal.peer?.id == "tab")
        #expect(issued.expiresIn == 3_600 && session.expiresAt == issued.token.expiresAt)
        bench.store.edit { $0.users[bench.ada.id]?.permissions = [.read] }
        await bench.authenticator.invalidate(user: bench.ada.id)
        #expect(try session.principal(at: bench.clock.now).permissions == [.read])
    }

    @Test("a token of one permission has no other, and an administrator's stays one within its reach")
    func permissions() async throws {
        let bench = try Bench()
        bench.store.edit { $0.users[bench.ada.id]?.permissions = [.admin, .read, .write] }
        let issued = try await Self.issue(bench, try Self.draft())
        let principal = try await bench.authenticate(issued.text).principal(at: bench.clock.now)
        #expect(principal.permissions == [.admin, .read])
    }

    @Test("what the user may not do, and what no token may say, is refused")
    func refusals() async throws {
        let bench = try Bench()
        bench.store.edit { $0.users[bench.ada.id]?.permissions = [.read] }
        let both = try Self.draft(permissions: ["read", "write"])
        #expect(
            await refusal { () async throws(AccessError) in
                let session = try await bench.authenticate((try? bench.token()) ?? "")
                _ = try await bench.access.serviceTokens.issue(both, for: session)
            } == .permissionRequired([.read, .write])
        )
        for bad in [["write"], ["admin", "read"], [], ["x"]] {
            #expect(throws: AccessError.self) { try Self.draft(permissions: bad) }
        }
        #expect(throws: AccessError.self) { try Self.draft([]) }
        #expect(throws: AccessError.self) { try Self.draft((0...32).map { "t\($0)" }) }
        #expect(throws: AccessError.self) { try Self.draft([String(repeating: "a", count: 1_537)]) }
        for peer in ["", "a\n", String(repeating: "p", count: 129)] {
            #expect(throws: AccessError.self) { try Self.draft(peer: peer) }
        }
        for seconds: Int64 in [0, -1, 30 * 86_400 + 1] {
            await #expect(throws: AccessError.self) {
                try await Self.issue(bench, try Self.draft(lifetime: seconds))
            }
        }
        #expect(try await Self.issue(bench, try Self.draft(lifetime: 1)).expiresIn == 1)
    }

    @Test("the longest scope makes a token that the relay reads")
    func longest() async throws {
        let bench = try Bench()
        let names = (0..<31).map { "\($0)" + String(repeating: "x", count: 46) }
        let peer = String(repeating: "\"", count: 128)
        let draft = try Self.draft(names, prefixes: ["room-"], permissions: ["read", "write"], peer: peer)
        let issued = try await Self.issue(bench, draft)
        #expect(issued.text.utf8.count < AccessTokens.maximumBytes)
        #expect(try await bench.authenticate(issued.text).scope == draft.scope)
    }

    @Test("a limited token issues none")
    func notByItself() async throws {
        let bench = try Bench()
        let issued = try await Self.issue(bench, try Self.draft())
        let session = try await bench.authenticate(issued.text)
        let draft = try Self.draft()
        #expect(
            await refusal { () async throws(AccessError) in
                _ = try await bench.access.serviceTokens.issue(draft, for: session)
            } == .limitedToken
        )
    }

    @Test("who has given no password issues none: the holder of a ticket, and of another issuer's token")
    func withoutPassword() async throws {
        let bench = try Bench()
        let account = try await bench.authenticate(try bench.token()).account
        let end = bench.clock.now.adding(seconds: 100)
        let person = ForeignTokenHolder(user: bench.ada.id, permissions: [.read], expiresAt: end)
        let ticket = PeerStanding(id: "tab", ticket: TicketHolding(root: TopicName(path: "session"), id: "jti"))
        let holder = TicketHolder(peer: ticket, account: bench.ada.id, expiresAt: end)
        let draft = try Self.draft()
        for session in [
            Session(account: account, person: person, issuersEpoch: 0), Session(account: account, holder: holder),
        ] {
            #expect(
                await refusal { () async throws(AccessError) in
                    _ = try await bench.access.serviceTokens.issue(draft, for: session)
                } == .limitedToken
            )
        }
    }

    @Test("what is signed counts: limits that were taken out or can't be read make no token")
    func tampered() async throws {
        let bench = try Bench()
        let scope = try Self.draft().scope
        func claims(_ change: (inout AccessClaims) -> Void) throws -> String {
            var claims = AccessClaims(
                sub: AccessClaims.limitedSubject + bench.ada.id.rawValue,
                permissions: ["read"],
                exp: bench.clock.now.microseconds / 1_000_000 + 100,
                jti: "0123",
                limits: ScopeClaims(scope)
            )
            change(&claims)
            return try bench.tokens.sign(claims)
        }
        #expect(try await bench.authenticate(try claims { _ in }).scope == scope)
        // As a relay that knows no limits reads it: nobody's.
        let unlimited = try claims { $0.limits = nil }
        #expect(
            await refusal { () async throws(AccessError) in _ = try await bench.authenticate(unlimited) }
                == .userNotFound
        )
        let bad = [
            try claims { $0.sub = bench.ada.id.rawValue }, try claims { $0.jti = nil },
            try claims { $0.limits?.permissions = ["admin", "read"] },
            try claims { $0.limits?.permissions = ["write"] },
            try claims { $0.limits?.topics = [] }, try claims { $0.limits?.topics = ["a b"] },
            try claims { $0.limits?.prefixes = [""] },
        ]
        for token in bad {
            #expect(
                await refusal { () async throws(AccessError) in _ = try await bench.authenticate(token) }
                    == .invalidToken
            )
        }
        // Another scope under a jti that is in use: never the same session.
        let other = try claims { $0.limits?.topics = ["u"] }
        #expect(
            await refusal { () async throws(AccessError) in _ = try await bench.authenticate(other) } == .invalidToken
        )
    }

    @Test("a token ends with its life, its revocation, its user's password and its user")
    func ends() async throws {
        let bench = try Bench()
        let issued = try await Self.issue(bench, try Self.draft())
        let session = try await bench.authenticate(issued.text)
        let other = try Bench(sharing: bench)
        try await bench.access.serviceTokens.revoke(issued.token.id, by: bench.ada.principal)
        #expect(session.isRevoked)
        #expect(
            await refusal { () async throws(AccessError) in _ = try await other.authenticate(issued.text) }
                == .tokenRevoked
        )
        #expect(bench.store.edit { $0.serviceTokens.isEmpty })
        let second = try await Self.issue(bench, try Self.draft())
        let later = try await bench.authenticate(second.text)
        _ = try await bench.access.users.update(bench.ada.id, UserPatch(password: "another one"))
        #expect(
            await refusal { () throws(AccessError) in _ = try later.principal(at: bench.clock.now) } == .tokenRevoked
        )
        #expect(bench.store.edit { $0.serviceTokens.isEmpty })
    }

    @Test("others' tokens are unknown to everybody but administrators")
    func revocation() async throws {
        let bench = try Bench()
        let issued = try await Self.issue(bench, try Self.draft())
        let stranger = Principal(id: UserID("x"), username: "x", permissions: [.read, .write])
        let admin = Principal(id: UserID("y"), username: "y", permissions: [.admin])
        for (id, caller) in [(issued.token.id, stranger), ("nothing", admin)] {
            #expect(
                await refusal { () async throws(AccessError) in
                    try await bench.access.serviceTokens.revoke(id, by: caller)
                } == .noSuchServiceToken
            )
        }
        try await bench.access.serviceTokens.revoke(issued.token.id, by: admin)
        #expect(bench.store.edit { $0.denied[issued.token.id] } == issued.token.expiresAt)
    }

    @Test("a user has as many as may be, and what has expired makes room")
    func bounded() async throws {
        let bench = try Bench(maxServiceTokensPerUser: 2)
        for _ in 0..<2 { _ = try await Self.issue(bench, try Self.draft(lifetime: 10)) }
        let draft = try Self.draft()
        let session = try await bench.authenticate(try bench.token())
        #expect(
            await refusal { () async throws(AccessError) in
                _ = try await bench.access.serviceTokens.issue(draft, for: session)
            } == .tooManyServiceTokens(2)
        )
        bench.clock.advance(seconds: 10)
        _ = try await bench.access.serviceTokens.issue(draft, for: session)
        #expect(bench.store.edit { $0.serviceTokens.count } == 1)
    }

    @Test("a scope's text gives the scope back, and no other text does")
    func storedText() throws {
        let scope = try Self.draft(["b", "a"], prefixes: ["q", "p"], permissions: ["read", "write"], peer: "é").scope
        #expect(TokenScope(storedText: scope.storedText) == scope)
        let same = try Self.draft(["a", "b", "a"], prefixes: ["p", "q"], permissions: ["write", "read"], peer: "é")
            .scope
        #expect(same == scope && same.storedText == scope.storedText)
        for text in ["", "{}", "null", #"{"topics":[],"prefixes":[],"permissions":["read"]}"#] {
            #expect(TokenScope(storedText: text) == nil)
        }
    }
}
