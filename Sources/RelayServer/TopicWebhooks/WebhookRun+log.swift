import Logging
import NIOCore
import RelayAccess

extension WebhookRun {
    /// What the log has of a webhook: when it begins to fail, when it goes on, and when it ends by itself. Users choose the receivers, so what
    /// fails and goes on again and again is said once a minute at most; the last of it is said by the look after that.
    struct Said {
        enum News: Equatable {
            case fails
            case goesOn
            case dead(String)
            case paused(String)
        }

        /// Between two lines of one webhook that fails or goes on.
        static let quiet = TimeAmount.minutes(1)

        private var isFailing: Bool
        private var saidAt: NIODeadline?

        /// - Parameter isFailing: whether the log has that already: of the run before.
        init(isFailing: Bool) { self.isFailing = isFailing }

        /// - Parameter hasEnded: whether it has just ended by itself, as its health says why.
        /// - Returns: what is to be said now; nil where the log has it, or has had a line too lately.
        mutating func news(of health: WebhookHealth, hasEnded: Bool, at now: NIODeadline) -> News? {
            if hasEnded { return health.death.map { .dead($0.reason) } ?? health.pauseReason.map { .paused($0) } }
            let isFailing = health.failingSince != nil
            guard isFailing != self.isFailing, health.death == nil, health.pauseReason == nil else { return nil }
            if let saidAt, now < saidAt + Self.quiet { return nil }
            (self.isFailing, self.saidAt) = (isFailing, now)
            return isFailing ? .fails : .goesOn
        }
    }

    /// The receiver's host alone is named: the rest of a URL may be a secret.
    func say(_ news: Said.News, _ health: WebhookHealth) {
        var facts: Logger.Metadata = [
            "webhook": "\(self.webhook.id)", "user": "\(self.webhook.user)",
            "host": "\(OutgoingURL(self.webhook.definition.url)?.host ?? "")",
        ]
        let logger = self.services.logger
        switch news {
        case .fails:
            facts["reason"] = "\(health.last?.text ?? "")"
            logger.warning("the receiver of a webhook takes no deliveries: they are tried again", metadata: facts)
        case .goesOn: logger.info("the receiver of a webhook takes deliveries again", metadata: facts)
        case .dead(let reason):
            facts["reason"] = "\(reason)"
            logger.warning("a webhook is given up until somebody revives it", metadata: facts)
        case .paused(let reason):
            facts["reason"] = "\(reason)"
            logger.warning("a webhook is paused until somebody revives it", metadata: facts)
        }
    }
}
