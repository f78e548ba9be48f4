import ArgumentParser
import Foundation
import RelayClient
import RelayCommands
import RelayServer
import RelayStorage

/// Where users are managed: at a relay, or in the configured store itself.
struct AccountsOptions: ParsableArguments {
    @OptionGroup var relay: RelayOptions
    @OptionGroup var server: ServerOptions

    @Flag(help: "Work on the configured store itself, which needs no relay and no login.")
    var store = false

    func validate() throws {
        guard self.relay.url != nil, self.store || self.server.namesStore else { return }
        throw ValidationError(
            "--url names a relay; --store, --config, --data-dir, --storage-backend and --set a store: take one"
        )
    }

    /// The relay, where one is named: by `--url`, by `PULSAR_RELAY_URL`, or by a login where there is no store here. Else nil: the store.
    func client() throws -> RelayClient? {
        if self.store || self.server.namesStore { return nil }
        if self.relay.url != nil || ProcessInfo.processInfo.environment["PULSAR_RELAY_URL"] != nil {
            return try self.relay.client()
        }
        guard try RelayOptions.credentialsFile.read().defaultURL != nil, try !self.hasStore() else { return nil }
        return try self.relay.client()
    }

    private func hasStore() throws -> Bool {
        let storage = try self.server.load().configuration.storage
        switch storage.backend {
        case .memory: return false
        case .sqlite: return SQLiteStore.exists(in: storage.dataDirectory)
        case .valkey: return true
        }
    }
}

extension RelayClient {
    /// The user of this name, or of this id.
    func user(_ name: String) async throws -> UserAccount {
        let users = try await self.users()
        guard let user = users.first(where: { $0.username == name }) ?? users.first(where: { $0.userID == name }) else {
            throw NoSuchUser(username: name)
        }
        return user
    }
}
