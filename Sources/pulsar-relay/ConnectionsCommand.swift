import ArgumentParser
import RelayClient
import RelayCommands

struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections",
        abstract: "List and end open connections, on all relays of a store. For administrators.",
        discussion: """
            Example: pulsar-relay connections list --user bob
            Example: pulsar-relay connections close 4f0c9a71d2e83b56.0.17
            """,
        subcommands: [List.self, Close.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List open connections.",
            discussion: "Example: pulsar-relay connections list --kind ws --count 50"
        )

        @OptionGroup var relay: RelayOptions

        @Option(help: "Of this relay alone, by its id.")
        var node: String?

        @Option(help: "Of this kind alone: ws, sse, poll, http, signaling, documents, tunnel and others.")
        var kind: String?

        @Option(help: "Of this user alone, by name.")
        var user: String?

        @Option(help: "From this address alone.")
        var address: String?

        @Option(help: "How many at most. 0: all.")
        var count = 100

        func validate() throws {
            guard self.count >= 0 else { throw ValidationError("--count is 0 or more") }
        }

        func run() async throws {
            let client = try self.relay.client()
            let user = try await self.user.asyncMap { try await client.user($0).userID }
            let filters = [("node", self.node), ("kind", self.kind), ("user_id", user), ("address", self.address)]
            let given = filters.compactMap { name, value in value.map { (name, $0) } }
            for entry in try await client.connections(given, most: self.count == 0 ? nil : self.count) {
                let user = entry["username"]?.isNull ?? true ? "user_id" : "username"
                let names = ["id", "kind", "address", user, "topics", "since", "queued_bytes", "encrypted"]
                try StandardStreams.result(self.relay.format.line(entry, showing: names, bare: 3))
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close",
            abstract: "End a connection.",
            discussion: "Its client may connect again. Example: pulsar-relay connections close 4f0c9a71d2e83b56.0.17"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "The connection's id, as the list shows it.")
        var id: String

        func run() async throws {
            try await self.relay.client().closeConnection(self.id)
            StandardStreams.say("Closed \(self.id).")
        }
    }
}

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "List the relays of a store, and how they are. For administrators.",
        discussion: "Example: pulsar-relay nodes --url https://relay.example.org"
    )

    @OptionGroup var relay: RelayOptions

    func run() async throws {
        let names = [
            "node", "status", "host", "url", "version", "connections", "topics_in_memory", "sessions", "uptime_seconds",
            "memory.held_bytes", "memory.resident_bytes", "storage.backend", "storage.status", "draining",
        ]
        for entry in try await self.relay.client().nodes() {
            try StandardStreams.result(self.relay.format.line(entry, showing: names, bare: 3))
        }
    }
}

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract:
            "Show who did what to users, topics, grants, tokens and settings, the newest first. For administrators.",
        discussion: """
            Example: pulsar-relay audit --count 20
            Example: pulsar-relay audit --action user. --since 2026-11-30T00:00:00Z
            """
    )

    @OptionGroup var relay: RelayOptions

    @Option(help: "By this user alone, by name.")
    var user: String?

    @Option(help: "This act alone, as user.create; with a dot at the end all that begin so.")
    var action: String?

    @Option(help: "Done to this alone: a name, or an id.")
    var target: String?

    @Option(help: "With this outcome alone: ok, refused or failed.")
    var outcome: String?

    @Option(help: "Not before this time, as 2026-11-30T00:00:00Z.")
    var since: String?

    @Option(help: "Before this time.")
    var until: String?

    @Option(help: "How many at most. 0: all.")
    var count = 50

    func validate() throws {
        guard self.count >= 0 else { throw ValidationError("--count is 0 or more") }
    }

    func run() async throws {
        let client = try self.relay.client()
        let user = try await self.user.asyncMap { try await client.user($0).userID }
        let filters = [
            ("user_id", user), ("action", self.action), ("target", self.target), ("outcome", self.outcome),
            ("since", self.since), ("until", self.until),
        ]
        let given = filters.compactMap { name, value in value.map { (name, $0) } }
        for entry in try await client.auditLog(given, most: self.count == 0 ? nil : self.count) {
            // By its name it is the same to people. An old relay tells no names.
            let target = entry["target_name"]?.isNull ?? true ? "target" : "target_name"
            let names = ["at", "action", "outcome", target, "username", "address", "status", "details"]
            try StandardStreams.result(self.relay.format.line(entry, showing: names, bare: 4))
        }
    }
}
