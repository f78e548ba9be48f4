import ArgumentParser
import Foundation
import RelayClient
import RelayCommands
import RelayProof

/// Which nodes `prove` looks at, and as whom.
struct ProveNodes: ParsableArguments {
    @Option(
        name: [.customLong("url"), .customLong("server")],
        help: """
            A node of the relay, as https://host[:port], or http for this machine. May be given more than once. Default: \
            $PULSAR_RELAY_URL, then the relay of the last login.
            """
    )
    var urls: [String] = []

    @OptionGroup var trust: TrustOption

    @Option(
        name: [.short, .long],
        help:
            "Log in as this user, with the password from --password-stdin or $PULSAR_PASSWORD. Default: the stored login."
    )
    var username: String?

    @Flag(help: "Read the password from the first line of standard input.")
    var passwordStdin = false

    /// One client for each node.
    func clients() throws -> [RelayClient] {
        let file = RelayOptions.credentialsFile
        let urls: [String?] = self.urls.isEmpty ? [nil] : self.urls
        let environment = ProcessInfo.processInfo.environment
        let username = self.username ?? environment["PULSAR_USERNAME"]
        let credentials = try username.map { Credentials.password(username: $0, password: try self.password()) }
        let book = try file.read()
        return try urls.map { url in
            let endpoint = try RelayAddress.endpoint(option: url, environment: environment, book: book)
            var configuration = Proof.configuration
            let http = try self.trust.apply(to: &configuration, kept: book[endpoint.description]?.authority)
            return RelayClient(
                endpoint: endpoint,
                credentials: credentials ?? .stored,
                store: credentials == nil ? FileTokenStore(file: file, url: endpoint.description) : nil,
                configuration: configuration,
                httpClient: http
            )
        }
    }

    private func password() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let password = self.passwordStdin ? readLine() : environment["PULSAR_PASSWORD"]
        guard let password, !password.isEmpty else {
            throw UsageError("give --password-stdin or set PULSAR_PASSWORD")
        }
        return password
    }
}
