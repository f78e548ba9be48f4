/// Decides, attempt by attempt, how one request goes on.
struct RetryState {
    enum Action {
        case succeed(HTTPReply)
        /// Get another access token and send it again at once.
        case authenticateAgain
        case retry(after: Duration)
        case fail(RelayError)
    }

    let policy: RetryPolicy
    let isRepeatable: Bool
    /// Whether it is sent again when the answer took too long.
    let retriesTimeout: Bool
    /// Whether a 401 can be answered with another token.
    let canAuthenticateAgain: Bool
    private var failures = 0
    private var hasAuthenticatedAgain = false

    init(policy: RetryPolicy, isRepeatable: Bool, retriesTimeout: Bool = true, canAuthenticateAgain: Bool) {
        self.policy = policy
        self.retriesTimeout = retriesTimeout
        self.isRepeatable = isRepeatable
        self.canAuthenticateAgain = canAuthenticateAgain
    }

    mutating func attemptEnded(_ outcome: RequestOutcome, using random: inout some RandomNumberGenerator) -> Action {
        switch outcome {
        case .replied(let reply):
            return self.replied(reply, using: &random)
        case .impossible(let error):
            return .fail(error)
        case .notSent(let error):
            let failure = RelayError(
                .unavailable,
                detail: "can't connect to the relay: \(ConnectionFault.text(of: error))",
                underlying: error
            )
            return self.failed(failure, isSafe: true, retryAfter: nil, using: &random)
        case .broken(let error):
            let failure = RelayError(
                .unavailable,
                detail: "the connection broke: \(ConnectionFault.text(of: error))",
                underlying: error
            )
            return self.failed(failure, isSafe: self.isRepeatable, retryAfter: nil, using: &random)
        case .timedOut(let error):
            let failure = RelayError(
                .unavailable,
                detail: "the relay did not answer in time",
                underlying: error,
                isTimeout: true
            )
            let isSafe = self.isRepeatable && self.retriesTimeout
            return self.failed(failure, isSafe: isSafe, retryAfter: nil, using: &random)
        }
    }

    private mutating func replied(_ reply: HTTPReply, using random: inout some RandomNumberGenerator) -> Action {
        switch reply.status {
        case 200..<300:
            return .succeed(reply)
        case 401 where self.canAuthenticateAgain && !self.hasAuthenticatedAgain:
            self.hasAuthenticatedAgain = true
            return .authenticateAgain
        case 401:
            return .fail(RelayError(.authenticationRequired, status: 401, detail: reply.detail))
        case 500...:
            let failure = RelayError(
                .unavailable,
                status: reply.status,
                detail: reply.detail,
                retryAfter: reply.retryAfter
            )
            // 503 says that nothing was done; other 5xx leave it open.
            let isSafe = self.isRepeatable || reply.status == 503
            return self.failed(failure, isSafe: isSafe, retryAfter: reply.retryAfter, using: &random)
        case 400..<500:
            return .fail(.refusal(reply))
        default:
            return .fail(RelayError(.invalidReply, status: reply.status, detail: "unexpected status \(reply.status)"))
        }
    }

    private mutating func failed(
        _ error: RelayError,
        isSafe: Bool,
        retryAfter: Duration?,
        using random: inout some RandomNumberGenerator
    ) -> Action {
        self.failures += 1
        guard isSafe, self.policy.maxAttempts.map({ self.failures < $0 }) ?? true else { return .fail(error) }
        let delay = self.policy.backoff.delay(afterFailures: self.failures, using: &random)
        guard let retryAfter else { return .retry(after: delay) }
        guard retryAfter <= self.policy.longestRetryAfter else { return .fail(error) }
        return .retry(after: max(delay, retryAfter))
    }
}
