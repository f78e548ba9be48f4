import CoreMetrics
import RelayMetrics

/// By what somebody signs in: the label `way`.
enum SignInWay: String, CaseIterable, Sendable {
    /// A password, at a log-in or to let a device in.
    case password
    /// A refresh token, for its successor.
    case refresh
    /// The code of a device that somebody lets in.
    case device
    /// An identity provider's word.
    case provider = "oidc"
    /// The code with which a provider's user is sent back to a page of the relay.
    case handover = "oidc_token"
    /// The token of an issuer that the relay believes, when the relay sees it first.
    case issuer
}

/// What came of it: the label `outcome`.
enum SignInOutcome: String, CaseIterable, Sendable {
    case ok
    case refused
    /// Its address had tried too often.
    case limited

    /// - Parameter status: of the answer.
    /// - Returns: nil where nothing was decided: the request says nothing, or the relay can't find out.
    init?(status: Int) {
        switch status {
        case ..<400: self = .ok
        case 401, 403, 409: self = .refused
        case 429: self = .limited
        default: return nil
        }
    }
}

/// Counts sign-ins. All series are there from the start.
final class SignInMetrics: Sendable {
    private struct Key: Hashable {
        let way: SignInWay
        let outcome: SignInOutcome
    }

    private let counters: [Key: Counter]

    init(factory: any MetricsFactory) {
        var counters: [Key: Counter] = [:]
        for way in SignInWay.allCases {
            for outcome in SignInOutcome.allCases {
                counters[Key(way: way, outcome: outcome)] = Counter(
                    label: RelayMetric.signIns,
                    dimensions: [("way", way.rawValue), ("outcome", outcome.rawValue)],
                    factory: factory
                )
            }
        }
        self.counters = counters
    }

    func count(_ way: SignInWay, _ outcome: SignInOutcome) {
        self.counters[Key(way: way, outcome: outcome)]?.increment()
    }
}
