import RelayClient

/// Decides, attempt by attempt, how a publish under one idempotency key goes on.
struct PublishAttempts {
    enum Action: Hashable {
        case retry(after: Duration)
        /// The relay has certainly not stored it.
        case refused
        /// It may be stored or not: nobody will ever know.
        case giveUp
    }

    /// A `Retry-After` is followed up to here.
    private static let longestWait = Duration.seconds(30)

    private let deadline: ContinuousClock.Instant
    private let backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
    private var failures = 0
    private var mayBeStored = false

    init(deadline: ContinuousClock.Instant) {
        self.deadline = deadline
    }

    /// An attempt has failed.
    ///
    /// - Parameters:
    ///   - error: anything but a ``RelayClient/RelayError`` ends it.
    ///   - random: for the delay.
    mutating func failed(
        _ error: any Error,
        at now: ContinuousClock.Instant,
        using random: inout some RandomNumberGenerator
    ) -> Action {
        guard let error = error as? RelayError else { return .giveUp }
        switch error.code {
        case .refused where error.status != 429, .invalidInput:
            return self.mayBeStored ? .giveUp : .refused
        case .refused, .authenticationRequired:
            break
        default:
            // After a 503 too: a store that broke off may have done it.
            self.mayBeStored = true
        }
        self.failures += 1
        let delay = max(
            self.backoff.delay(afterFailures: self.failures, using: &random),
            min(error.retryAfter ?? .zero, Self.longestWait)
        )
        return now + delay < self.deadline ? .retry(after: delay) : .giveUp
    }
}
