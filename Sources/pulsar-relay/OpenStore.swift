import NIOCore
import NIOPosix
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
        switch configuration.storage.backend {
        case .memory: throw NotPersistent()
        case .sqlite where !makesStore && !SQLiteStore.exists(in: directory): throw NoStore(directory: directory)
        case .sqlite, .valkey: break
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Value, any Error>
        do {
            let opened = try await OpenStore(configuration, on: group)
            result = await opened.use(body)
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        return try result.get()
    }

    private func use<Value>(_ body: (OpenStore) async throws -> Value) async -> Result<Value, any Error> {
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(self))
        } catch {
            result = .failure(error)
        }
        await self.hasher.shutdown()
        await self.store.close()
        return result
    }

    private init(_ configuration: RelayConfiguration, on group: any EventLoopGroup) async throws {
        self.store = try await configuration.openStore(on: group, as: .guest)
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
        guard let user = try await self.users.user(named: username) else { throw NoSuchUser(username: username) }
        return user
    }

    /// Goes through all users, by creation, a page at a time.
    func forEachUser(_ body: (User) throws -> Void) async throws {
        var last: UserPlace?
        while true {
            let page = try await self.users.users(after: last, limit: 200)
            guard let end = page.last else { return }
            for user in page { try body(user) }
            last = end.place
        }
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
