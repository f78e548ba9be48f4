import NIOCore
import NIOHTTP1

/// Posts bodies to one receiver, signed.
final class WebhookClient: Sendable {
    /// What a receiver has said. Its body is nil where it is longer than ``maxAnswerBytes``.
    typealias Answer = OutgoingAnswer

    /// For one request, from its beginning to its answer's end.
    static let patience = TimeAmount.seconds(5)
    static let maxAnswerBytes = 16 << 10

    private let address: WebhookAddress
    private let secret: Secret
    private let signatureHeader: String
    private let http: OutgoingHTTP

    /// - Parameter signatureHeader: what the signature is sent in.
    init(_ address: WebhookAddress, secret: Secret, signatureHeader: String, on group: any EventLoopGroup) {
        self.address = address
        self.secret = secret
        self.signatureHeader = signatureHeader
        self.http = OutgoingHTTP(on: group)
    }

    /// - Throws: where there is no answer in time.
    func post(_ body: ByteBuffer) async throws -> Answer {
        var request = OutgoingRequest(self.address.url)
        request.method = .POST
        request.headers = [
            "content-type": "application/json",
            self.signatureHeader: WebhookSignature.text(of: body, under: self.secret),
        ]
        request.body = body
        request.maxAnswerBytes = Self.maxAnswerBytes
        request.patience = Self.patience
        // The operator has named it, as a server of its own network more often than not.
        request.reach = .everywhere
        return try await self.http.send(request)
    }

    func close() async { await self.http.close() }
}
