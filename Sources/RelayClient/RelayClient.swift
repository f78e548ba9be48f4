public import AsyncHTTPClient
public import NIOSSL

/// A client of one relay, as one user. Share it freely: it holds no lock while it waits, and all calls share one renewal of
/// the access token.
///
/// Calls retry 5xx and broken connections as the configuration's policy says, renew the token once on 401, and throw
/// ``RelayError`` for the rest. A cancelled call throws `CancellationError`.
public struct RelayClient: Sendable {
    /// The relay that is asked.
    public let endpoint: RelayEndpoint
    /// As it was given to the initialiser.
    public let configuration: RelayClientConfiguration
    let keeper: TokenKeeper
    let pipeline: RequestPipeline

    /// A client that connects at its first call.
    ///
    /// - Parameters:
    ///   - endpoint: the relay.
    ///   - credentials: what to log in with, or which tokens to live on.
    ///   - store: where tokens outlive the process. Default: nowhere.
    ///   - configuration: limits, and how often to try again.
    ///   - httpClient: shut down by its owner; the shared one needs no shutdown. Trust settings for `https` are its own;
    ///     those for `wss` are in the configuration.
    public init(
        endpoint: RelayEndpoint,
        credentials: Credentials,
        store: (any TokenStore)? = nil,
        configuration: RelayClientConfiguration = RelayClientConfiguration(),
        httpClient: HTTPClient = RelayClient.sharedHTTPClient
    ) {
        self.endpoint = endpoint
        self.configuration = configuration
        let transport = HTTPTransport(
            endpoint: endpoint,
            client: httpClient,
            timeout: configuration.requestTimeout,
            maxReplyBytes: configuration.maxReplyBytes
        )
        let pipeline = RequestPipeline(transport: transport, policy: configuration.retry, clock: configuration.clock)
        let now = configuration.now
        self.pipeline = pipeline
        self.keeper = TokenKeeper(
            credentials: credentials,
            store: store,
            exchange: TokenExchange(pipeline: pipeline, now: now),
            now: now
        )
    }

    /// Serves all clients that were given none of their own, and is never shut down. It tells of a failed connection at
    /// once, where AsyncHTTPClient would try for half a minute: whether and when to try again is the ``RetryPolicy``'s.
    public static let sharedHTTPClient = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: RelayClient.httpConfiguration
    )

    /// A client like ``sharedHTTPClient`` with trust settings of its own. Whoever asks for it shuts it down, or keeps it for as long as the
    /// process lives.
    public static func httpClient(trusting tls: TLSConfiguration) -> HTTPClient {
        var configuration = self.httpConfiguration
        configuration.tlsConfiguration = tls
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static var httpConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// What requests go by, those of clients that are made like this one too.
    var httpClient: HTTPClient { self.pipeline.transport.client }

    func reply(to call: HTTPCall) async throws -> HTTPReply {
        try await self.pipeline.reply(to: call, keeper: self.keeper)
    }

    /// The whole of a list that the relay gives page by page.
    func list<Value>(
        _ path: [String],
        query: [(String, String)] = [],
        _ read: (JSONDocument) throws(JSONDocumentError) -> Value
    ) async throws -> [Value] {
        var call = HTTPCall(.get, path)
        call.query = query
        var values: [Value] = []
        while true {
            let reply = try await self.reply(to: call)
            values += try reply.decodedList(read)
            guard let cursor = reply.nextCursor else { return values }
            call.query = query + [("cursor", cursor)]
        }
    }
}
