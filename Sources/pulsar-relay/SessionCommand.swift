import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Make a session, let others in, and watch what happens there.",
        discussion: """
            Example: pulsar-relay session create --host alice
            Example: pulsar-relay session invite SESSION
            Example: pulsar-relay session watch SESSION
            """,
        subcommands: [Create.self, Join.self, Invite.self, SessionWatchCommand.self, List.self, Close.self]
    )

    /// The session that a command is about.
    struct Target: ParsableArguments {
        @Argument(help: "The session's id.")
        var session: String
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make a session.",
            discussion: """
                Prints its id and its join token. Who joins by that token first is host, which has to happen within two minutes. \
                Later users of it are guests.

                Example: pulsar-relay session create --host alice --metadata '{"title": "Plan"}'
                """
        )

        @OptionGroup var relay: RelayOptions

        @Option(help: "The peer id that the host will have.")
        var host = "host"

        @Option(help: "What happens when the host is gone: close, wait or migrate.")
        var hostPolicy: String?

        @Option(help: "What guests by the join token are: editor or observer.")
        var guestRole: String?

        @Option(help: "A JSON object that all can see, or @file, or - for standard input.")
        var metadata: String?

        func run() async throws {
            let metadata = try self.metadata.map { try PayloadSource(argument: $0).payload() }
            let created = try await self.relay.client().createSession(
                hostID: self.host,
                hostPolicy: self.hostPolicy,
                guestRole: self.guestRole,
                metadata: metadata
            )
            guard !self.relay.json else { return try StandardStreams.result(created.json.text) }
            try StandardStreams.result("session     \(created.sessionID)")
            try StandardStreams.result("join token  \(created.joinToken)")
        }
    }

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "join",
            abstract: "Join a session.",
            discussion: """
                Prints the ticket, which is the peer's token for the session's topics and routes. It lasts 15 minutes; \
                'session watch' keeps one fresh. Without --guest the peer is that of whoever is logged in.

                Example: pulsar-relay session join TOKEN --as bob --guest
                """
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "An invite, a join token, or a ticket.")
        var token: String

        @Option(help: "Who to be there.")
        var `as`: String

        @Flag(help: "Come without an account.")
        var guest = false

        @Option(help: "A JSON object that all can see, or @file, or - for standard input.")
        var profile: String?

        func run() async throws {
            let profile = try self.profile.map { try PayloadSource(argument: $0).payload() }
            let place = try await self.relay.client().join(
                by: self.token,
                as: self.as,
                profile: profile,
                asGuest: self.guest
            )
            guard !self.relay.json else { return try StandardStreams.result(place.json.text) }
            try StandardStreams.result("session  \(place.sessionID)")
            try StandardStreams.result("peer     \(place.peerID), \(place.role)")
            try StandardStreams.result("ticket   \(place.ticket)")
        }
    }

    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "invite",
            abstract: "Make an invite, and print it.",
            discussion: """
                For whoever made the session, and for who may invite by --ticket.

                Example: pulsar-relay session invite SESSION --role observer --uses 3
                """
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target
        @OptionGroup var ticket: TicketOption

        @Option(help: "editor or observer.")
        var role = "editor"

        @Option(help: "How many may join by it.")
        var uses = 1

        @Option(help: "How long it is good: 30s, 15m, 24h at most.")
        var valid = "15m"

        func run() async throws {
            let client = try self.ticket.client(self.relay) ?? self.relay.client()
            let invite = try await client.invite(
                to: self.target.session,
                as: self.role,
                uses: self.uses,
                seconds: try ValidSpan.seconds(self.valid)
            )
            try StandardStreams.result(self.relay.json ? invite.json.text : invite.token)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the sessions that you made.",
            discussion: "Example: pulsar-relay session list"
        )

        @OptionGroup var relay: RelayOptions

        func run() async throws {
            for session in try await self.relay.client().sessions() {
                try StandardStreams.result(self.relay.json ? session.text : SessionLine.summary(session))
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close",
            abstract: "End a session for all.",
            discussion: "Example: pulsar-relay session close SESSION"
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var target: Target
        @OptionGroup var ticket: TicketOption

        func run() async throws {
            let client = try self.ticket.client(self.relay) ?? self.relay.client()
            try await client.closeSession(self.target.session)
            StandardStreams.say("Closing \(self.target.session).")
        }
    }
}
