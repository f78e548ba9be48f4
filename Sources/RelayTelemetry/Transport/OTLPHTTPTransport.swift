import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import RelayWire
import Synchronization

/// OTLP over HTTP with binary messages.
///
/// Owner of the HTTP client: its lock. It is made with the first message, and shut down by ``close()``, after which none is sent.
final class OTLPHTTPTransport: OTLPTransport {
    private enum State {
        case unused
        case open(HTTPClient)
        case closed
    }

    private struct Closed: Error {}

    private let endpoint: OTLPEndpoint
    private let headers: HTTPHeaders
    private let authorities: String?
    private let group: any EventLoopGroup
    private let state = Mutex(State.unused)

    /// - Parameters:
    ///   - headers: what the collector wants to see besides.
    ///   - authorities: a PEM file; nil for the machine's.
    init(_ endpoint: OTLPEndpoint, headers: [(String, String)], authorities: String?, on group: any EventLoopGroup) {
        self.endpoint = endpoint
        var all = HTTPHeaders(headers)
        all.replaceOrAdd(name: "content-type", value: "application/x-protobuf")
        all.replaceOrAdd(name: "user-agent", value: "pulsar-relay/\(RelayVersion.current)")
        self.headers = all
        self.authorities = authorities
        self.group = group
    }

    func send(_ signal: TelemetrySignal, _ message: ByteBuffer, within limit: TimeAmount) async -> ExportOutcome {
        var request = HTTPClientRequest(url: self.endpoint.url(of: signal))
        request.method = .POST
        request.headers = self.headers
        request.body = .bytes(message)
        do {
            let response = try await self.client().execute(request, timeout: limit)
            let answer = try? await response.body.collect(upTo: TransportLimits.answerBytes)
            return Self.outcome(response.status, response.headers.first(name: "retry-after"), answer ?? ByteBuffer())
        } catch {
            return .later(NetworkTrouble.text(of: error), after: nil)
        }
    }

    /// The statuses after which the protocol has a client try again.
    private static func outcome(_ status: HTTPResponseStatus, _ pause: String?, _ answer: ByteBuffer) -> ExportOutcome {
        switch status.code {
        case 200..<300: .accepted(answer: answer)
        case 429, 502, 503, 504: .later("status \(status.code)", after: TransportLimits.pause(pause))
        default: .refused("status \(status.code)")
        }
    }

    func close() async {
        let state = self.state.withLock { state in
            defer { state = .closed }
            return state
        }
        if case .open(let client) = state { try? await client.shutdown() }
    }

    private func client() throws -> HTTPClient {
        try self.state.withLock { state in
            switch state {
            case .open(let client): return client
            case .closed: throw Closed()
            case .unused:
                let client = HTTPClient(eventLoopGroupProvider: .shared(self.group), configuration: self.configuration)
                state = .open(client)
                return client
            }
        }
    }

    private var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // A collector is where it was said to be: what it is told is for nobody else.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = TransportLimits.connecting
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 2
        if let authorities = self.authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(authorities)
            configuration.tlsConfiguration = tls
        }
        return configuration
    }
}
