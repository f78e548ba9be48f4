import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in with a password, and keep the tokens.",
        discussion: """
            The password comes from --password-stdin, else from $PULSAR_PASSWORD, else it is asked for on the terminal. \
            It is not stored. The tokens are, in $XDG_CONFIG_HOME/pulsar-relay/credentials.json (default \
            ~/.config/pulsar-relay), for you alone to read.

            Example: pulsar-relay login --url https://relay.example.org --username alice
            """
    )

    @OptionGroup var relay: RelayOptions

    @Option(name: [.short, .long], help: "Default: $PULSAR_USERNAME, else it is asked for.")
    var username: String?

    @OptionGroup var password: PasswordInput

    func run() async throws {
        let file = RelayOptions.credentialsFile
        let endpoint = try self.relay.endpoint(file.read())
        let username = try self.chosenUsername()
        var configuration = RelayClientConfiguration()
        // Somebody waits for the answer, and can repeat it.
        configuration.retry.maxAttempts = 1
        let client = RelayClient(
            endpoint: endpoint,
            credentials: .password(
                username: username,
                password: try self.password.read(prompt: "Password of \(username) at \(endpoint): ")
            ),
            store: FileTokenStore(file: file, url: endpoint.description, username: username),
            configuration: configuration
        )
        try await client.logIn()
        try StandardStreams.result(self.report(username, endpoint))
    }

    private func report(_ username: String, _ endpoint: RelayEndpoint) -> String {
        guard self.relay.json else { return "Logged in to \(endpoint) as \(username)." }
        let report: JSONDocument = ["url": .string(endpoint.description), "username": .string(username)]
        return report.text
    }

    private func chosenUsername() throws -> String {
        if let username = self.username ?? ProcessInfo.processInfo.environment["PULSAR_USERNAME"] { return username }
        guard TerminalPassword.canAsk, !self.password.passwordStdin else { throw UsageError("give --username") }
        FileHandle.standardError.write(Data("Username: ".utf8))
        guard let line = readLine(), !line.isEmpty else { throw UsageError("no username given") }
        return line
    }
}
