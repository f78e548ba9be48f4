import ArgumentParser
import RelayClient
import RelayCommands

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke service tokens: what a back end hands to its pages.",
        discussion: """
            A service token acts for you, on some topics, for a time. It opens /ws, /sse, polls and documents, and nothing else.

            Example: pulsar-relay token create board --prefix room- --write --expires-in 600
            Example: pulsar-relay token revoke 0f9a3c5be1d24c52a1b0c3d4e5f60718
            """,
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make a token, and write it alone. Nobody can show it again.",
            discussion: "Example: pulsar-relay token create board document/notes --write --peer-id tab-1"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "Topics of yours, by their whole names.")
        var topics: [String] = []

        @Option(
            name: .customLong("prefix"),
            help: "All topics of yours whose names begin so. May be given several times."
        )
        var prefixes: [String] = []

        @Flag(help: "Let its holder publish, too.")
        var write = false

        @Option(help: "What you call it, in the list.")
        var label: String?

        @Option(help: "As whom its holder acts.")
        var peerId: String?

        @Option(help: "Seconds that it lives. Default: the relay's setting.")
        var expiresIn: Int?

        func run() async throws {
            let made = try await self.relay.client().createServiceToken(
                topics: self.topics,
                prefixes: self.prefixes,
                permissions: self.write ? ["read", "write"] : ["read"],
                label: self.label,
                peerID: self.peerId,
                expiresIn: self.expiresIn
            )
            try StandardStreams.result(self.relay.format.line(made))
            if !self.relay.json {
                StandardStreams.notice("Token \(made.token.id) ends at \(made.token.expiresAt).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List your tokens that have neither ended nor been revoked; for administrators others', too.",
            discussion: """
                Example: pulsar-relay token list
                Example: pulsar-relay token list --user bob
                """
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var whose: OwnerOptions

        func run() async throws {
            let client = try self.relay.client()
            for token in try await client.serviceTokens(of: self.whose.owner(client)) {
                let suffix = self.whose.suffix(token.userID, self.relay)
                try StandardStreams.result(self.relay.format.line(token) + suffix)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "End a token, with the connections that are open by it.",
            discussion: "Example: pulsar-relay token revoke 0f9a3c5be1d24c52a1b0c3d4e5f60718"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "The token's id, as the list shows it.")
        var id: String

        func run() async throws {
            try await self.relay.client().revokeServiceToken(self.id)
            StandardStreams.say("Revoked \(self.id).")
        }
    }
}
