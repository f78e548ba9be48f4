import ArgumentParser
import RelayClient
import RelayCommands
import RelayCore

struct TopicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topic",
        abstract: "List, create, delete and share topics.",
        discussion: """
            Example: pulsar-relay topic create news --public
            Example: pulsar-relay topic grant news bob
            """,
        subcommands: [
            List.self, Show.self, Create.self, Change.self, Delete.self, Grants.self, Grant.self, Revoke.self,
            Readers.self,
        ]
    )

    /// The topic that a command is about.
    struct Target: ParsableArguments {
        @Argument(help: "The topic.")
        var topic: String
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the topics that you own or were granted; with --stored all topics of the configured store.",
            discussion: """
                --stored needs no relay and no login: it reads the store that --config, --data-dir and the environment name.

                Example: pulsar-relay topic list
                Example: pulsar-relay topic list --stored --data-dir data
                """
        )

        /// Topics read at a time.
        private static let pageSize = 500

        @OptionGroup var relay: RelayOptions
        @OptionGroup var server: ServerOptions

        @Flag(help: "Read the configured store itself.")
        var stored = false

        @Flag(help: "All topics of the relay, whoever owns them. For administrators.")
        var all = false

        @Option(help: "With --all: those whose names begin so.")
        var prefix: String?

        func validate() throws {
            guard !self.stored || !self.all else { throw ValidationError("--stored lists all topics: leave out --all") }
            guard self.all || self.prefix == nil else { throw ValidationError("--prefix goes with --all") }
        }

        func run() async throws {
            guard !self.stored else { return try await self.listStored() }
            guard !self.all else { return try await self.listAll() }
            for topic in try await self.relay.client().topics() {
                try StandardStreams.result(self.relay.format.line(topic))
            }
        }

        private func listAll() async throws {
            let filters = self.prefix.map { [("prefix", $0)] } ?? []
            let names = [
                "topic_name", "kind", "owner_id", "is_public", "readers", "messages", "last_id", "description",
            ]
            for topic in try await self.relay.client().allTopics(filters) {
                try StandardStreams.result(self.relay.format.line(topic, showing: names, bare: 2))
            }
        }

        private func listStored() async throws {
            try await OpenStore.with(self.server) { opened in
                var last: TopicKey?
                repeat {
                    let page = try await opened.store.topics(after: last, limit: Self.pageSize)
                    for topic in page { try StandardStreams.result(Self.line(topic)) }
                    last = page.count == Self.pageSize ? page.last?.record.key : nil
                } while last != nil
            }
        }

        private static func line(_ topic: StoredTopic) -> String {
            let visibility = topic.record.isPublic ? "public" : "private"
            let counts = "\(topic.bounds.count) messages, \(topic.grants.count) grants"
            return "\(topic.record.key)  \(topic.record.kind)  \(visibility)  owner \(topic.record.owner)  \(counts)"
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Create a topic that you own. A first publish does the same with the relay's defaults.",
            discussion: "Example: pulsar-relay topic create news --public --description 'What is new'"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "1 to 255 letters, digits, _ and -.")
        var topic: String

        @Flag(help: "Let every user read it.")
        var `public` = false

        @Option(help: "At most 500 characters.")
        var description: String?

        @Option(help: "When a publish is answered: memory, stored, replicated or synced. Default: the relay's setting.")
        var durability: String?

        @Option(
            help: "What people without a token may do: none, read or write. For kinds of topic that know such people."
        )
        var anonymous: String?

        func run() async throws {
            let created = try await self.relay.client().createTopic(
                self.topic,
                isPublic: self.public,
                description: self.description,
                durability: self.durability,
                anonymous: self.anonymous
            )
            try StandardStreams.result(self.relay.format.line(created))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show a topic, what is kept of it, and how many follow it.",
            discussion: "Readers are those at the relay that answers. Example: pulsar-relay topic show news --json"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        func run() async throws {
            let client = try self.relay.client()
            let topic = try await client.topic(self.target.topic)
            try StandardStreams.result(self.relay.format.line(topic, try await self.figures(client)))
        }

        /// Nil where the caller may see that the topic is there, and not read it.
        private func figures(_ client: RelayClient) async throws -> TopicFigures? {
            do {
                return try await client.figures(of: self.target.topic)
            } catch let error as RelayError where error.status == 403 {
                return nil
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "change",
            abstract: "Change what is given of a topic.",
            discussion: "Example: pulsar-relay topic change news --no-public --description 'What was new'"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        @Flag(inversion: .prefixedNo, help: "Whether every user may read it.")
        var `public`: Bool?

        @Option(help: "At most 500 characters.")
        var description: String?

        @Option(help: "When a publish is answered: memory, stored, replicated or synced; default: the relay's setting.")
        var durability: String?

        @Option(help: "What people without a token may do: none, read or write.")
        var anonymous: String?

        func validate() throws {
            guard self.public == nil, [self.description, self.durability, self.anonymous].allSatisfy({ $0 == nil })
            else {
                return
            }
            throw ValidationError("give --public, --no-public, --description, --durability or --anonymous")
        }

        func run() async throws {
            let changed = try await self.relay.client().updateTopic(
                self.target.topic,
                isPublic: self.public,
                description: self.description,
                durability: self.durability,
                anonymous: self.anonymous
            )
            try StandardStreams.result(self.relay.format.line(changed))
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Delete a topic with all of its messages.",
            discussion: "Example: pulsar-relay topic delete news"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await self.relay.client().deleteTopic(self.target.topic)
            StandardStreams.say("Deleted \(self.target.topic).")
        }
    }

    struct Grants: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grants",
            abstract: "List the users who may read and write a topic beside its owner.",
            discussion: "Example: pulsar-relay topic grants news"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        func run() async throws {
            for grant in try await self.relay.client().grants(of: self.target.topic) {
                try StandardStreams.result(self.relay.format.line(grant))
            }
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant",
            abstract: "Let a user read and write a topic.",
            discussion: "Example: pulsar-relay topic grant news bob"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        @Argument(help: "The user's name.")
        var username: String

        func run() async throws {
            let grant = try await self.relay.client().grant(self.target.topic, toUsername: self.username)
            try StandardStreams.result(self.relay.format.line(grant))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "Take a user's grant back, and end what the user has open on the topic.",
            discussion: "Example: pulsar-relay topic revoke news bob"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        @Argument(help: "The user's name.")
        var username: String

        func run() async throws {
            let client = try self.relay.client()
            guard
                let grant = try await client.grants(of: self.target.topic).first(where: { $0.username == self.username }
                )
            else { throw UsageError("'\(self.username)' has no grant for '\(self.target.topic)'") }
            try await client.revokeGrant(self.target.topic, ofUserID: grant.userID)
            StandardStreams.say("\(self.username) has no grant for \(self.target.topic) any more.")
        }
    }

    struct Readers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "readers",
            abstract: "List a topic's named readers, and how many messages each is behind.",
            discussion: "Yours; of a topic that you manage, everybody's. Example: pulsar-relay topic readers news"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target

        func run() async throws {
            for reader in try await self.relay.client().readers(of: self.target.topic) {
                try StandardStreams.result(self.relay.format.line(reader))
            }
        }
    }
}
