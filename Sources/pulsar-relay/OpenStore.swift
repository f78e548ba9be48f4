import RelayAccess
import RelayCore
import RelayServer
import RelayStorage

/// The configured store, opened beside a relay that may be running on it.
struct OpenStore {
    let store: any RelayStore
    let users: UserAdministration
    private let hasher: PasswordHasher

    /// Opens the store, does something with it, and closes it again.
    ///
    /// - Parameter makesStore: whether a store is made where there is none yet.
    /// - Throws: what `body` throws, or why the store can't be opened.
    static func with<Value>(
        _ options: ServerOptions,
        makesStore: Bool = false,
        _ body: (OpenStore) async throws -> Value
    ) async throws -> Value {
        let configuration = try options.load().configuration
        let directory = configuration.storage.dataDirectory
        guard makesStore || configuration.storage.backend == .memory || SQLiteStore.exists(in: directory) else {
            throw NoStore(directory: directory)
        }
        let opened = try OpenStore(configuration)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(opened))
        } catch {
            result = .failure(error)
        }
        await opened.hasher.shutdown()
        await opened.store.close()
        return try result.get()
    }

    private init(_ configuration: RelayConfiguration) throws {
        guard configuration.storage.backend != .memory else { throw NotPersistent() }
        self.store = try configuration.storage.open()
        self.hasher = PasswordHasher(threads: 1)
        let access = try Access(
            store: self.store,
            hasher: self.hasher,
            // No token is made or checked here.
            settings: AccessSettings(tokenSecret: SecretFile.randomSecret().value),
            now: RelayClock.system.now
        )
        self.users = access.users
    }

    func user(named username: String) async throws -> User {
        guard let user = try await self.users.users().first(where: { $0.username == username }) else {
            throw NoSuchUser(username: username)
        }
        return user
    }
}

/// The memory store lives in the relay's own process.
struct NotPersistent: Error, CustomStringConvertible {
    var description: String { "storage_backend is memory: there is no store to open outside the running relay" }
}

/// Most likely the wrong working directory, or no `--config`.
struct NoStore: Error, CustomStringConvertible {
    let directory: String

    var description: String { "there is no store in '\(self.directory)': give --data-dir or --config" }
}

struct NoSuchUser: Error, CustomStringConvertible {
    let username: String

    var description: String { "there is no user '\(self.username)'" }
}
