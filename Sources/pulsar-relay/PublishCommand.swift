import ArgumentParser
import RelayClient
import RelayCommands

struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish a message, or many.",
        discussion: """
            Ends once the relay has stored the messages, and prints their ids. A broken connection or an overloaded relay \
            is tried again under the same idempotency key, so that nothing is stored twice.

            Example: pulsar-relay publish news '{"text": "hello"}'
            """
    )

    @OptionGroup var relay: RelayOptions

    @Argument(help: "The topic.")
    var topic: String

    @Argument(help: "A JSON object, or @file, or - for standard input (the default).")
    var payload: String?

    @Option(help: "Seconds that the relay keeps it. Default: as long as the topic keeps messages.")
    var ttl: Int?

    @Option(help: "A pair key=value. May be given more than once.")
    var metadata: [String] = []

    @Option(help: "Repeat it to repeat a publish whose outcome is unknown, within 10 minutes.")
    var idempotencyKey: String?

    @Flag(help: "Publish the bytes as they are, to a topic that takes such: an update to a document.")
    var binary = false

    @Flag(help: "Read payloads from standard input, one to a line, and send them 100 at a time.")
    var bulk = false

    func validate() throws {
        guard !(self.bulk && self.payload != nil) else { throw ValidationError("--bulk reads standard input only") }
        guard !(self.bulk && self.binary) else { throw ValidationError("--bulk reads JSON only") }
        guard (self.ttl ?? 1) >= 1 else { throw ValidationError("--ttl is at least 1") }
    }

    func run() async throws {
        let metadata = try MetadataPairs.parse(self.metadata)
        let client = try self.relay.client()
        if self.bulk {
            try await self.publishBulk(client, metadata)
        } else {
            try await self.publishOne(client, metadata)
        }
    }

    private func publishOne(_ client: RelayClient, _ metadata: [String: String]) async throws {
        let source = PayloadSource(argument: self.payload)
        let receipt = try await client.publish(
            OutgoingMessage(
                topic: self.topic,
                content: self.binary ? .binary(try source.bytes()) : .json(try source.payload()),
                ttl: self.ttl,
                metadata: metadata
            ),
            idempotencyKey: self.idempotencyKey
        )
        try StandardStreams.result(self.relay.format.line(receipt))
    }

    private func publishBulk(_ client: RelayClient, _ metadata: [String: String]) async throws {
        let template = OutgoingMessage(topic: self.topic, payload: [:], ttl: self.ttl, metadata: metadata)
        var input = BulkInput(template: template, idempotencyKey: self.idempotencyKey)
        var rejectedCount = 0
        while let bulk = try input.next({ readLine() }) {
            let receipt = try await client.publishBulk(bulk.messages, idempotencyKey: bulk.idempotencyKey)
            rejectedCount += receipt.rejectedCount
            for line in self.relay.format.lines(receipt) { try StandardStreams.result(line) }
        }
        if rejectedCount > 0 { throw ExitCode(CommandStatus.failure.rawValue) }
    }
}
