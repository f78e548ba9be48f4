import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

/// Options of every command that talks to a relay.
struct RelayOptions: ParsableArguments {
    @Option(
        help: """
            The relay, as https://host[:port], or http for this machine. Default: $PULSAR_RELAY_URL, then the relay of the \
            last login. $PULSAR_RELAY_ALLOW_INSECURE=1 allows http to others.
            """
    )
    var url: String?

    @Flag(help: "Write lines of JSON.")
    var json = false

    var format: OutputFormat { self.json ? .json : .human }

    static var credentialsFile: CredentialsFile {
        let environment = ProcessInfo.processInfo.environment
        // Foundation asks the system's user database, which knows nothing of HOME.
        return CredentialsFile(environment: environment, home: environment["HOME"] ?? NSHomeDirectory())
    }

    func endpoint(_ book: LoginBook) throws -> RelayEndpoint {
        try RelayAddress.endpoint(
            option: self.url,
            environment: ProcessInfo.processInfo.environment,
            book: book
        )
    }

    /// A client that acts as whoever logged in last at that relay.
    ///
    /// - Parameter maxAttempts: of one request; nil: without end.
    func client(maxAttempts: Int? = 5) throws -> RelayClient {
        let file = Self.credentialsFile
        let endpoint = try self.endpoint(file.read())
        var configuration = RelayClientConfiguration()
        configuration.retry.maxAttempts = maxAttempts
        return RelayClient(
            endpoint: endpoint,
            credentials: .stored,
            store: FileTokenStore(file: file, url: endpoint.description),
            configuration: configuration
        )
    }

    /// A client that acts by a token that was got elsewhere.
    func client(by tokens: Tokens) throws -> RelayClient {
        let endpoint = try self.endpoint(Self.credentialsFile.read())
        return RelayClient(endpoint: endpoint, credentials: .tokens(tokens))
    }
}
