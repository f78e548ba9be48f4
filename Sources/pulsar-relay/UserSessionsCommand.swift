import ArgumentParser
import RelayClient
import RelayCommands

/// `user sessions` and `user end-session`.
enum UserSessionsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sessions",
            abstract: "List sign-ins that are good, yours or a user's: each is a refresh token.",
            discussion: "Example: pulsar-relay user sessions bob"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "Whose, for administrators. Default: yours.")
        var username: String?

        func run() async throws {
            let client = try self.relay.client()
            let user = try await self.username.asyncMap { try await client.user($0).userID }
            for entry in try await client.signIns(of: user) {
                let names = ["jti", "client_hint", "issued_at", "last_used_at", "expires_at"]
                try StandardStreams.result(self.relay.format.line(entry, showing: names, bare: 2))
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "end-session",
            abstract: "End a sign-in, with what it has opened.",
            discussion: "Example: pulsar-relay user end-session 0f9a3c5b-1d24-4c52-a1b0-c3d4e5f60718"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "Its jti, as the list shows it.")
        var jti: String

        @Option(help: "Whose, for administrators. Default: yours.")
        var user: String?

        func run() async throws {
            let client = try self.relay.client()
            let user = try await self.user.asyncMap { try await client.user($0).userID }
            try await client.endSignIn(self.jti, of: user)
            StandardStreams.say("Ended \(self.jti).")
        }
    }
}

extension Optional {
    /// As `map`, for what has to be waited for.
    func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
