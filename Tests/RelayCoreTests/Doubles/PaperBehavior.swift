import RelayCore

/// A kind whose payloads are bytes, and whose topics people without a token may be let into: `paper/ID`.
struct PaperBehavior: TopicBehavior {
    let kind = "paper"
    private let plain = PlainStream()

    func name(fromPath path: String) -> TopicName? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0] == "paper" && !parts[1].isEmpty ? TopicName(path: path) : nil
    }

    func takes(_ format: PayloadFormat) -> Bool { format == .binary }
    var admitsAnonymous: Bool { true }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        self.plain.decide(action, by: principal, on: access)
    }
}
