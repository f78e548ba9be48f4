import ArgumentParser
import RelayClient
import RelayCommands

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Make, list, pause, revive and delete webhooks: servers that are told what happens in topics.",
        discussion: """
            A webhook is told by signed POSTs, at least once and in order, and goes on where it stopped.

            Example: pulsar-relay webhook create https://example.org/hook --prefix orders-
            Example: pulsar-relay webhook revive 00064ab3c5d6e7f80f9a3c5be1d24c52
            """,
        subcommands: [Create.self, List.self, Pause.self, Revive.self, Delete.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make a webhook, and write its secret alone. Nobody can show it again.",
            discussion: "Example: pulsar-relay webhook create https://example.org/hook --topic news --event message"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "Where it tells: a URL of http or https.")
        var url: String

        @Option(help: "The topic, by its whole name.")
        var topic: String?

        @Option(help: "All topics whose names begin so, instead of one.")
        var prefix: String?

        @Option(
            name: .customLong("event"),
            help: "message, occupied, vacated, joined, left or session. May be given several times. Default: message."
        )
        var events: [String] = []

        @Option(help: "What you call it, in the list.")
        var label: String?

        func validate() throws {
            guard (self.topic == nil) != (self.prefix == nil) else {
                throw ValidationError("Name either --topic or --prefix.")
            }
        }

        func run() async throws {
            let made = try await self.relay.client().createWebhook(
                self.topic.map { .topic($0) } ?? .prefix(self.prefix ?? ""),
                url: self.url,
                events: self.events.isEmpty ? ["message"] : self.events,
                label: self.label
            )
            try StandardStreams.result(self.relay.format.line(made))
            if !self.relay.json { StandardStreams.notice("Webhook \(made.webhook.id) is signed by this secret.") }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List your webhooks, and how they go; for administrators others', too.",
            discussion: """
                Example: pulsar-relay webhook list
                Example: pulsar-relay webhook list --all
                """
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var whose: OwnerOptions

        func run() async throws {
            let client = try self.relay.client()
            for webhook in try await client.webhooks(of: self.whose.owner(client)) {
                let suffix = self.whose.suffix(webhook.userID, self.relay)
                try StandardStreams.result(self.relay.format.line(webhook) + suffix)
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Stop a webhook for a while.",
            discussion: "Example: pulsar-relay webhook pause 00064ab3c5d6e7f80f9a3c5be1d24c52"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "The webhook's id, as the list shows it.")
        var id: String

        func run() async throws {
            try StandardStreams.result(self.relay.format.line(try await self.relay.client().pauseWebhook(self.id)))
        }
    }

    struct Revive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revive",
            abstract: "Set a paused or dead webhook going again, from where it stopped.",
            discussion: "Example: pulsar-relay webhook revive 00064ab3c5d6e7f80f9a3c5be1d24c52"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "The webhook's id, as the list shows it.")
        var id: String

        func run() async throws {
            try StandardStreams.result(self.relay.format.line(try await self.relay.client().reviveWebhook(self.id)))
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Delete a webhook.",
            discussion: "Example: pulsar-relay webhook delete 00064ab3c5d6e7f80f9a3c5be1d24c52"
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "The webhook's id, as the list shows it.")
        var id: String

        func run() async throws {
            try await self.relay.client().deleteWebhook(self.id)
            StandardStreams.say("Deleted \(self.id).")
        }
    }
}
