/// Whether the relay kept its promises.
public enum Verdict: Sendable, Hashable {
    case held
    case broken
    /// No fault was found, but not everything could be looked at; with the reason.
    case notJudged(String)

    /// The exit code of `pulsar-relay prove`.
    public var status: Int32 {
        switch self {
        case .held: 0
        case .broken: 1
        case .notJudged: 2
        }
    }

    var name: String {
        switch self {
        case .held: "held"
        case .broken: "broken"
        case .notJudged: "not judged"
        }
    }
}
