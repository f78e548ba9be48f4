import NIOCore
import NIOHTTP1
import RelayCore

/// Posts deliveries to receivers.
struct WebhookPoster: Sendable {
    enum Answer: Equatable {
        /// - Parameter pause: what `Retry-After` asks for.
        case status(Int, pause: TimeAmount?)
        /// For people: why there is no answer.
        case none(String)
        /// The relay itself has not sent it.
        case hindered
    }

    /// What it says beside its status is of no use.
    private static let maxAnswerBytes = 4 << 10

    let http: OutgoingHTTP
    let settings: Adjustable<WebhookServices.Settings>

    /// For one request, from its beginning to its answer's end.
    var patience: TimeAmount { self.settings.current.patience }

    /// - Parameter owner: for whom.
    func post(
        _ body: ByteBuffer,
        to url: String,
        _ headers: [(name: String, value: String)],
        for owner: UserID
    ) async -> Answer {
        guard let target = OutgoingURL(url) else { return .none("not a URL that can be posted to") }
        var request = OutgoingRequest(target)
        request.method = .POST
        request.headers = HTTPHeaders([("content-type", "application/json")] + headers.map { ($0.name, $0.value) })
        request.body = body
        request.maxAnswerBytes = Self.maxAnswerBytes
        let settings = self.settings.current
        request.patience = settings.patience
        request.reach = settings.reach
        request.owner = owner
        do {
            let answer = try await self.http.send(request)
            return .status(answer.status, pause: Self.pause(answer.headers))
        } catch OutgoingError.overloaded, OutgoingError.closed {
            return .hindered
        } catch OutgoingError.unknownHost, OutgoingError.refusedAddress {
            // Said alike: else users could find out which names the network behind the relay has.
            return .none("\(target.host) has no address that a webhook may be told at")
        } catch let error as OutgoingError {
            return .none(String(error.description.prefix(200)))
        } catch {
            return .hindered
        }
    }

    /// Seconds alone: what names a moment needs the receiver's clock.
    private static func pause(_ headers: HTTPHeaders) -> TimeAmount? {
        guard let text = headers.first(name: "retry-after"), let seconds = Int64(text), seconds > 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}
