import RelayCore

/// A kind whose messages merge, so that those that come close together are handed out together: `pad/ID`.
struct PadBehavior: TopicBehavior {
    let kind = "pad"
    private let plain = PlainStream()
    let gathering: GatheringTime?

    init(gathering: GatheringTime? = .moment) {
        self.gathering = gathering
    }

    func name(fromPath path: String) -> TopicName? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0] == "pad" && !parts[1].isEmpty ? TopicName(path: path) : nil
    }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        self.plain.decide(action, by: principal, on: access)
    }
}
