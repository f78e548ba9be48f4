import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension RelayClient {
    /// The largest event taken.
    static let maxEventBytes = 16 << 20

    /// Opens an event stream, once. Returns when the relay has accepted it.
    ///
    /// - Parameters:
    ///   - topics: 1 to 50.
    ///   - start: where reading starts without `lastEventID`.
    ///   - lastEventID: the last ``EventStreamEvent/id`` of an earlier stream of the same topics, to go on after it.
    /// - Throws: ``RelayError``, or `CancellationError`.
    public func events(
        _ topics: [String],
        start: SubscriptionStart = .last,
        lastEventID: String? = nil
    ) async throws -> EventStream {
        var call = HTTPCall(.get, ["sse"])
        call.query = [("topics", topics.joined(separator: ",")), ("offset", start.offset), ("epochs", "1")]
        if let lastEventID { call.headers.append(("Last-Event-ID", lastEventID)) }
        var rejected: String?
        while true {
            let bearer = try await self.keeper.accessToken(rejecting: rejected)
            switch try await self.pipeline.transport.open(call, bearer: bearer) {
            case .open(let body): return EventStream(body: body, maxEventBytes: Self.maxEventBytes)
            case .refused(let reply):
                guard reply.status == 401, rejected == nil else { throw RelayError.unexpected(reply) }
                rejected = bearer
            }
        }
    }
}

extension HTTPTransport {
    enum OpenStream {
        case open(HTTPClientResponse.Body)
        case refused(HTTPReply)
    }

    /// Waits for the head of the answer only, at most as long as for a whole answer elsewhere.
    func open(_ call: HTTPCall, bearer: String) async throws -> OpenStream {
        do {
            let response = try await self.execute(call, bearer)
            if response.status == .ok { return .open(response.body) }
            let body = try await response.body.collect(upTo: self.maxReplyBytes)
            return .refused(Self.reply(response.status, response.headers, body))
        } catch {
            if Self.isCancellation(error) { throw CancellationError() }
            let error = await CertificateLook.explain(error, at: self.endpoint)
            throw RelayError.noConnection("no event stream", error)
        }
    }
}
