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

    @OptionGroup var trust: TrustOption

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

    /// A client that acts as whoever logged in last at that relay. Without a login it logs in as `PULSAR_USERNAME` says, and keeps that where it can.
    ///
    /// - Parameter maxAttempts: of one request; nil: without end.
    func client(maxAttempts: Int? = 5) throws -> RelayClient {
        let file = Self.credentialsFile
        let book = try file.read()
        let endpoint = try self.endpoint(book)
        var configuration = RelayClientConfiguration()
        configuration.retry.maxAttempts = maxAttempts
        let http = try self.trust.apply(to: &configuration, kept: book[endpoint.description]?.authority)
        let given = GivenLogin(
            environment: ProcessInfo.processInfo.environment,
            stored: book[endpoint.description]
        )
        let keepsLogin = given == nil || file.canBeWritten
        return RelayClient(
            endpoint: endpoint,
            credentials: given.map { .password(username: $0.username, password: $0.password) } ?? .stored,
            store: keepsLogin
                ? FileTokenStore(
                    file: file,
                    url: endpoint.description,
                    username: given?.username,
                    becomesDefault: false,
                    authority: self.trust.authority
                ) : nil,
            configuration: configuration,
            httpClient: http
        )
    }

    /// A client that acts by a token that was got elsewhere.
    func client(by tokens: Tokens) throws -> RelayClient {
        let book = try Self.credentialsFile.read()
        let endpoint = try self.endpoint(book)
        var configuration = RelayClientConfiguration()
        let http = try self.trust.apply(to: &configuration, kept: book[endpoint.description]?.authority)
        return RelayClient(
            endpoint: endpoint,
            credentials: .tokens(tokens),
            configuration: configuration,
            httpClient: http
        )
    }
}
