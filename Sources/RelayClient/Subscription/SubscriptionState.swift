/// Decides what a reader is told and when it connects again. Holds the cursors.
struct SubscriptionState {
    enum FrameAction: Hashable {
        case deliver(SubscriptionEvent)
        /// Get another access token, and send it.
        case renewToken
        case ignore
    }

    enum EndAction {
        case reconnect(SubscriptionEvent, after: Duration)
        /// At once, with another access token.
        case authenticateAgain
        /// The relay is done with this subscription, in good order.
        case finish
        case fail(RelayError)
    }

    private(set) var cursors: CursorTable
    private let backoff: Backoff
    private let maxAttempts: Int?
    private var failures = 0
    private var hasAuthenticatedAgain = false
    /// Whether the relay has answered on this connection.
    private(set) var isSubscribed = false
    /// The last complaint on this connection: where the relay closes next, it is why.
    private var complaint: (code: String, message: String)?

    init(cursors: CursorTable, backoff: Backoff, maxAttempts: Int?) {
        self.cursors = cursors
        self.backoff = backoff
        self.maxAttempts = maxAttempts
    }

    mutating func received(_ frame: ServerFrame) -> FrameAction {
        switch frame {
        case .subscribed(let topics, let starts):
            self.cursors.adopt(starts)
            self.subscribed()
            return .deliver(.subscribed(topics: topics, cursors: starts))
        case .message(let message):
            guard self.cursors.advance(message.topic, to: message.messageID) else { return .ignore }
            return .deliver(.message(message))
        case .gap(let gap):
            self.cursors.take(gap)
            return .deliver(.gap(gap))
        case .error(let code, let message):
            self.complaint = (code, message)
            return .deliver(.error(code: code, message: message))
        case .tokenExpiring:
            return .renewToken
        case .authenticated, .published, .publishRefused, .presence, .presenceDone, .other:
            return .ignore
        }
    }

    mutating func connectionEnded(
        _ end: ConnectionEnd,
        using random: inout some RandomNumberGenerator
    ) -> EndAction {
        defer {
            self.isSubscribed = false
            self.complaint = nil
        }
        switch end {
        case .closed(let code, let reason):
            return self.closed(code, reason, using: &random)
        case .lost(let fault as TLSFault):
            return .fail(fault.relayError)
        case .lost(let error):
            return self.failed("the connection is lost: \(ConnectionFault.text(of: error))", error, using: &random)
        case .refused(let reply):
            return self.refused(reply, using: &random)
        case .nonsense(let error):
            return .fail(RelayError(.invalidReply, detail: "this is no relay: \(error)", underlying: error))
        case .unauthenticated(let error):
            guard error.code == .unavailable else { return .fail(error) }
            return self.failed(error.description, error, using: &random)
        }
    }
}

// MARK: - Ends

extension SubscriptionState {
    private mutating func subscribed() {
        self.isSubscribed = true
        self.failures = 0
        self.hasAuthenticatedAgain = false
        self.complaint = nil
    }

    private mutating func closed(
        _ code: Int,
        _ reason: String,
        using random: inout some RandomNumberGenerator
    ) -> EndAction {
        let detail = self.complaint?.message ?? (reason.isEmpty ? "the relay closed the connection" : reason)
        switch code {
        case 1000 where self.isSubscribed && self.complaint == nil:
            return .finish
        case 1000, 1002, 1003, 1007, 1008, 1009, 1010:
            return .fail(RelayError(.subscriptionEnded, closeCode: code, detail: detail))
        case Self.tokenExpired where !self.hasAuthenticatedAgain:
            self.hasAuthenticatedAgain = true
            return .authenticateAgain
        default:
            let error = RelayError(.unavailable, closeCode: code, detail: detail)
            return self.failed(error.description, error, using: &random)
        }
    }

    /// The close code of a relay whose access token has expired.
    private static let tokenExpired = 4001

    private mutating func refused(
        _ reply: HTTPReply,
        using random: inout some RandomNumberGenerator
    ) -> EndAction {
        switch reply.status {
        case 401 where !self.hasAuthenticatedAgain:
            self.hasAuthenticatedAgain = true
            return .authenticateAgain
        case 401:
            return .fail(RelayError(.authenticationRequired, status: 401, detail: reply.detail))
        case 500...:
            let error = RelayError(.unavailable, status: reply.status, detail: reply.detail)
            return self.failed(error.description, error, retryAfter: reply.retryAfter, using: &random)
        case 400..<500:
            return .fail(RelayError(.refused, status: reply.status, detail: reply.detail))
        default:
            return .fail(
                RelayError(.invalidReply, status: reply.status, detail: "the relay did not upgrade to WebSocket")
            )
        }
    }

    private mutating func failed(
        _ reason: String,
        _ error: any Error,
        retryAfter: Duration? = nil,
        using random: inout some RandomNumberGenerator
    ) -> EndAction {
        self.failures += 1
        guard self.maxAttempts.map({ self.failures < $0 }) ?? true else {
            return .fail(RelayError(.unavailable, detail: reason, underlying: error))
        }
        let delay = max(self.backoff.delay(afterFailures: self.failures, using: &random), retryAfter ?? .zero)
        return .reconnect(.reconnecting(reason: reason, delay: delay), after: delay)
    }
}
