import RelayCore
import RelayWire
import Synchronization

@testable import RelayAccess

/// The access floor over fakes, with one user in it.
struct Bench: Sendable {
    static let secret = "0123456789abcdef0123456789abcdef"
    static let password = "correct horse"

    let clock: TestClock
    let store: FakeStore
    let hasher: CountingHasher
    let access: Access
    let tokens: AccessTokens
    let ada = User(
        id: UserID("11111111-1111-4111-8111-111111111111"),
        username: "ada",
        createdAt: Timestamp(microseconds: 0),
        email: nil,
        permissions: [.read, .write],
        passwordHash: "plain:\(Bench.password)"
    )

    /// - Parameter other: where given, the same clock and store, seen by a relay of its own: one with an empty cache.
    init(
        reuseGraceSeconds: Int64 = 0,
        cacheCapacity: Int = 100,
        maxTokensPerUser: Int = 100,
        maxServiceTokensPerUser: Int = 100,
        sharing other: Bench? = nil
    ) throws {
        self.clock = other?.clock ?? TestClock()
        self.store = other?.store ?? FakeStore()
        self.hasher = other?.hasher ?? CountingHasher()
        var settings = AccessSettings(tokenSecret: Self.secret)
        settings.refreshReuseGraceSeconds = reuseGraceSeconds
        settings.tokenCacheCapacity = cacheCapacity
        settings.maxTokensPerUser = maxTokensPerUser
        settings.maxServiceTokensPerUser = maxServiceTokensPerUser
        let clock = self.clock
        self.access = try Access(store: self.store, hasher: self.hasher, settings: settings) { clock.now }
        self.tokens = try AccessTokens(secret: Self.secret)
        guard other == nil else { return }
        let ada = self.ada
        self.store.edit { $0.users[ada.id] = ada }
    }

    var authenticator: Authenticator { self.access.authenticator }

    func token(for user: User? = nil) throws -> String {
        try self.tokens.issue(for: (user ?? self.ada).principal, at: self.clock.now).text
    }

    func authenticate(_ token: String) async throws(AccessError) -> Session {
        try await self.authenticator.authenticate(token, at: self.clock.now)
    }

    func login() async throws(AccessError) -> TokenPair {
        try await self.access.logins.login(username: "ada", password: Self.password)
    }
}

/// Collects what observers are told.
final class ChangeLog: Sendable {
    private let changes = Mutex<[AccessChange]>([])

    var all: [AccessChange] { self.changes.withLock { $0 } }

    func append(_ change: AccessChange) {
        self.changes.withLock { $0.append(change) }
    }
}

/// The code of the error that `body` throws; nil where it throws none.
func refusal(_ body: () async throws(AccessError) -> Void) async -> AccessError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return error.code
    }
}
