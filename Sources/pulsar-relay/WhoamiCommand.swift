import ArgumentParser
import RelayClient
import RelayCommands

struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Show as whom commands act at the relay.",
        discussion: """
            Asks the relay: the login has to be good.

            Example: pulsar-relay whoami
            """
    )

    @OptionGroup var relay: RelayOptions

    func run() async throws {
        let user = try await self.relay.client().whoami()
        try StandardStreams.result(self.relay.format.line(user))
        guard !self.relay.json else { return }
        StandardStreams.notice("at \(try self.relay.endpoint(RelayOptions.credentialsFile.read()))")
    }
}
