import ArgumentParser
import AsyncHTTPClient
import Foundation
import RelayClient
import RelayCommands

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in with a password or in a browser, and keep the tokens.",
        discussion: """
            With --device no password is given here: the command shows a page of the relay and a code. Open the page in a browser on \
            any machine, and let the command in there.

            Else the password comes from --password-stdin, else from $PULSAR_PASSWORD, else it is asked for on the terminal. \
            It is not stored. The tokens are, and the path of --ca, in $XDG_CONFIG_HOME/pulsar-relay/credentials.json (default \
            ~/.config/pulsar-relay), for you alone to read.

            Example: pulsar-relay login --url https://relay.example.org --username alice
            Example: pulsar-relay login --url https://relay.example.org --device
            """
    )

    @OptionGroup var relay: RelayOptions

    @Option(name: [.short, .long], help: "Default: $PULSAR_USERNAME, else it is asked for.")
    var username: String?

    @OptionGroup var password: PasswordInput

    @Flag(help: "Log in in a browser, on any machine.")
    var device = false

    @Option(help: "With --device: what the page calls this command. Default: pulsar-relay on this machine.")
    var clientHint: String?

    func validate() throws {
        guard self.device else {
            if self.clientHint != nil { throw ValidationError("--client-hint goes with --device.") }
            return
        }
        if self.username != nil || self.password.passwordStdin {
            throw ValidationError("With --device the name and the password are given in the browser.")
        }
    }

    func run() async throws {
        let file = RelayOptions.credentialsFile
        let book = try file.read()
        let endpoint = try self.endpoint(book)
        var configuration = RelayClientConfiguration()
        // Somebody waits for the answer, and can repeat it.
        configuration.retry.maxAttempts = 1
        let http = try self.relay.trust.apply(to: &configuration, kept: book[endpoint.description]?.authority)
        let username =
            self.device
            ? try await self.logInByBrowser(endpoint, file, configuration, http)
            : try await self.logInByPassword(endpoint, file, configuration, http)
        try StandardStreams.result(self.report(username, endpoint))
    }

    private func endpoint(_ book: LoginBook) throws -> RelayEndpoint {
        do {
            return try self.relay.endpoint(book)
        } catch is NoRelayNamed {
            throw UsageError("which relay? Give --url or set PULSAR_RELAY_URL")
        }
    }

    /// Nothing is stored before it is known whose tokens they are.
    private func logInByBrowser(
        _ endpoint: RelayEndpoint,
        _ file: CredentialsFile,
        _ configuration: RelayClientConfiguration,
        _ http: HTTPClient
    ) async throws -> String {
        let client = RelayClient(
            endpoint: endpoint,
            credentials: .stored,
            configuration: configuration,
            httpClient: http
        )
        let hint = self.clientHint ?? "pulsar-relay on \(ProcessInfo.processInfo.hostName)"
        let tokens = try await client.logIn(asDevice: hint) { prompt in
            let text = """
                Open \(prompt.page) in a browser, and type in the code \(prompt.userCode)
                Or open \(prompt.pageWithCode ?? prompt.page)
                Waiting, for \(prompt.expiresIn) seconds at most.

                """
            FileHandle.standardError.write(Data(text.utf8))
        }
        let username = try await client.whoami().username
        let store = self.store(file, endpoint, username)
        _ = try await store.renew { _ in tokens }
        return username
    }

    private func logInByPassword(
        _ endpoint: RelayEndpoint,
        _ file: CredentialsFile,
        _ configuration: RelayClientConfiguration,
        _ http: HTTPClient
    ) async throws -> String {
        let username = try self.chosenUsername()
        let client = RelayClient(
            endpoint: endpoint,
            credentials: .password(
                username: username,
                password: try self.password.read(prompt: "Password of \(username) at \(endpoint): ")
            ),
            store: self.store(file, endpoint, username),
            configuration: configuration,
            httpClient: http
        )
        try await client.logIn()
        return username
    }

    /// Keeps by whom the relay is trusted as well, for the commands that come.
    private func store(_ file: CredentialsFile, _ endpoint: RelayEndpoint, _ username: String) -> FileTokenStore {
        FileTokenStore(
            file: file,
            url: endpoint.description,
            username: username,
            authority: self.relay.trust.authority
        )
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
