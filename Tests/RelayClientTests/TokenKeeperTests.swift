import RelayWire
import Synchronization
import Testing

@testable import RelayClient

@Suite("Tokens in use", .timeLimit(.minutes(1)))
struct TokenKeeperTests {
    private static let password = Credentials.password(username: "alice", password: "secret")
    private static let user: JSONDocument = [
        "user_id": "u", "username": "alice", "email": .null, "is_active": true, "created_at": "T",
        "permissions": [], "owned_topics": [],
    ]

    private static func stale(refresh: String?) -> Tokens {
        Tokens(accessToken: "old", expiresAt: Timestamp(microseconds: 0), refreshToken: refresh)
    }

    private static func client(
        _ endpoint: RelayEndpoint,
        _ credentials: Credentials,
        store: (any TokenStore)? = nil
    ) -> RelayClient {
        var configuration = RelayClientConfiguration()
        configuration.clock = RecordingClock()
        return RelayClient(endpoint: endpoint, credentials: credentials, store: store, configuration: configuration)
    }

    @Test("However many calls need a token, it is renewed once")
    func singleFlight() async throws {
        let relay = FakeRelay { request in
            request.uri == "/auth/token/refresh" ? .tokens("new", refresh: "r2") : .json(200, Self.user)
        }
        try await relay.run { endpoint in
            let client = Self.client(endpoint, .tokens(Self.stale(refresh: "r1")))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<30 { group.addTask { _ = try await client.whoami() } }
                try await group.waitForAll()
            }
        }
        #expect(relay.requests("/auth/token/refresh").map(\.body) == [#"{"refresh_token":"r1"}"#])
        #expect(Set(relay.requests("/auth/me").map(\.bearer)) == ["new"])
        #expect(relay.requests("/auth/me").count == 30)
    }

    @Test("Each refresh token is used once, and its successor next")
    func chain() async throws {
        let count = Mutex(1)
        let relay = FakeRelay { request in
            guard request.uri == "/auth/token/refresh" else { return .json(200, Self.user) }
            let number = count.withLock { number in
                number += 1
                return number
            }
            return .tokens("t\(number)", refresh: "r\(number)", expiresIn: 299)
        }
        try await relay.run { endpoint in
            let client = Self.client(endpoint, .tokens(Self.stale(refresh: "r1")))
            for _ in 0..<3 { _ = try await client.whoami() }
        }
        let presented = relay.requests("/auth/token/refresh").map { $0.json["refresh_token"] }
        #expect(presented == ["r1", "r2", "r3"])
        #expect(relay.requests("/auth/me").map(\.bearer) == ["t2", "t3", "t4"])
    }

    @Test("A 401 leads to one renewal and one more attempt")
    func unauthorized() async throws {
        let logins = Mutex(0)
        let relay = FakeRelay { request in
            guard request.uri == "/auth/login" else {
                return request.bearer == "t2" ? .json(200, Self.user) : .detail(401, "Token has been revoked")
            }
            return .tokens(
                "t\(logins.withLock { count in count += 1; return count })"
            )
        }
        try await relay.run { endpoint in
            _ = try await Self.client(endpoint, Self.password).whoami()
        }
        #expect(relay.requests.map(\.uri) == ["/auth/login", "/auth/me", "/auth/login", "/auth/me"])
    }

    @Test("A refused refresh token falls back to the password, and without one to a person")
    func fallback() async throws {
        let relay = FakeRelay { request in
            switch request.uri {
            case "/auth/token/refresh": .detail(401, "invalid refresh token")
            case "/auth/login": .tokens("t1", refresh: "spent", expiresIn: 0)
            default: .json(200, Self.user)
            }
        }
        try await relay.run { endpoint in
            let withPassword = Self.client(endpoint, Self.password)
            _ = try await withPassword.whoami()
            _ = try await withPassword.whoami()
            let error = try await #require(throws: RelayError.self) {
                try await Self.client(endpoint, .tokens(Self.stale(refresh: "r"))).whoami()
            }
            #expect(error.code == .authenticationRequired)
        }
        #expect(
            relay.requests.map(\.uri) == [
                "/auth/login", "/auth/me", "/auth/token/refresh", "/auth/login", "/auth/me", "/auth/token/refresh",
            ]
        )
    }

    @Test("A wrong password is final and says so")
    func wrongPassword() async throws {
        let relay = FakeRelay { _ in .detail(401, "Incorrect username or password") }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await Self.client(endpoint, Self.password).logIn()
            }
            #expect(error.code == .authenticationRequired && error.detail == "Incorrect username or password")
            #expect(error.isWrongPassword)
        }
        #expect(relay.requests.count == 1)
    }

    @Test("Another password is sent once, and what comes after it goes by its tokens and by itself")
    func changedPassword() async throws {
        let relay = FakeRelay { request in
            switch request.uri {
            case "/auth/login": .tokens("t1", expiresIn: 3600)
            case "/auth/password": .tokens("t2", refresh: "r2", expiresIn: 0)
            case "/auth/token/refresh": .detail(401, "gone")
            default: .json(200, Self.user)
            }
        }
        try await relay.run { endpoint in
            let client = Self.client(endpoint, Self.password)
            try await client.changePassword(from: "secret", to: "another secret")
            _ = try await client.whoami()
        }
        let change = try #require(relay.requests("/auth/password").first)
        #expect(change.bearer == "t1")
        #expect(change.body == #"{"old_password":"secret","new_password":"another secret"}"#)
        #expect(relay.requests("/auth/token/refresh").map(\.body) == [#"{"refresh_token":"r2"}"#])
        #expect(relay.requests("/auth/login").last?.body.contains("password=another%20secret") == true)
    }

    @Test("Whether a password was changed is not asked twice", arguments: [403, 503])
    func unchangedPassword(status: Int) async throws {
        let relay = FakeRelay { request in
            request.uri == "/auth/password" ? .detail(status, "no") : .tokens("t1", expiresIn: 3600)
        }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await Self.client(endpoint, Self.password).changePassword(from: "a", to: "another secret")
            }
            #expect(error.code == (status == 403 ? .refused : .unavailable))
        }
        #expect(relay.requests("/auth/password").count == 1)
    }

    @Test("Cancelling the call that renews loses no token: the next call has it")
    func cancellation() async throws {
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let relay = FakeRelay { request in
            guard request.uri == "/auth/token/refresh" else { return .json(200, Self.user) }
            arrival.yield()
            for await _ in released { break }
            return .tokens("new", refresh: "r2")
        }
        try await relay.run { endpoint in
            let client = Self.client(endpoint, .tokens(Self.stale(refresh: "r1")))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await client.whoami() }
                for await _ in arrived { break }
                group.cancelAll()
                release.yield()
            }
            _ = try await client.whoami()
        }
        #expect(relay.requests("/auth/token/refresh").count == 1)
        #expect(relay.requests("/auth/me").last?.bearer == "new")
    }

    @Test("What another process has renewed is used before anything is asked of the relay")
    func sharedStore() async throws {
        struct Store: TokenStore {
            let stored: Tokens
            func load() async throws -> Tokens? { self.stored }
            func renew(_ exchange: (Tokens?) async throws -> Tokens) async throws -> Tokens {
                try await exchange(self.stored)
            }
        }
        let relay = FakeRelay { _ in .json(200, Self.user) }
        let fresh = Tokens(accessToken: "theirs", expiresAt: Timestamp(microseconds: .max))
        try await relay.run { endpoint in
            let client = Self.client(endpoint, .tokens(Self.stale(refresh: "r1")), store: Store(stored: fresh))
            _ = try await client.whoami()
        }
        #expect(relay.requests.map(\.uri) == ["/auth/me"])
        #expect(relay.requests.first?.bearer == "theirs")
    }
}
