import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import RelayWire
import Synchronization

/// Posts bodies to one receiver, signed.
///
/// Owner of the HTTP client: its lock. It is made with the first request, and shut down by ``close()``, after which none is made.
final class WebhookClient: Sendable {
    /// What a receiver has said.
    struct Answer {
        let status: Int
        /// Nil where it is longer than ``maxAnswerBytes``.
        let body: ByteBuffer?

        var isSuccess: Bool { (200..<300).contains(self.status) }
    }

    /// For one request, from its beginning to its answer's end.
    static let patience = TimeAmount.seconds(5)
    static let maxAnswerBytes = 16 << 10

    private enum State {
        case unused
        case open(HTTPClient)
        case closed
    }

    private struct Closed: Error {}

    private let address: WebhookAddress
    private let secret: Secret
    private let signatureHeader: String
    private let group: any EventLoopGroup
    private let state = Mutex(State.unused)

    /// - Parameter signatureHeader: what the signature is sent in.
    init(_ address: WebhookAddress, secret: Secret, signatureHeader: String, on group: any EventLoopGroup) {
        self.address = address
        self.secret = secret
        self.signatureHeader = signatureHeader
        self.group = group
    }

    /// - Throws: where there is no answer in time.
    func post(_ body: ByteBuffer) async throws -> Answer {
        var request = HTTPClientRequest(url: self.address.description)
        request.method = .POST
        request.headers = [
            "content-type": "application/json", "user-agent": "pulsar-relay/\(RelayVersion.current)",
            self.signatureHeader: WebhookSignature.text(of: body, under: self.secret),
        ]
        request.body = .bytes(body)
        let response = try await self.client().execute(request, timeout: Self.patience)
        let status = Int(response.status.code)
        return Answer(status: status, body: try? await response.body.collect(upTo: Self.maxAnswerBytes))
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
                var configuration = HTTPClient.Configuration()
                // A receiver is where it was said to be: what it is told is for nobody else.
                configuration.redirectConfiguration = .disallow
                configuration.timeout.connect = Self.patience
                let client = HTTPClient(eventLoopGroupProvider: .shared(self.group), configuration: configuration)
                state = .open(client)
                return client
            }
        }
    }
}
