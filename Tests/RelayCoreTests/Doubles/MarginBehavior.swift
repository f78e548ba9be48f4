import RelayCore

/// A kind of which every plain topic has a part, `margin/NAME`, in memory only. The relay alone writes there.
struct MarginBehavior: TopicBehavior {
    let kind = "margin"
    let tier = StreamTier.hot
    private static let prefix = "margin/"
    private let plain = PlainStream()

    func name(fromPath path: String) -> TopicName? {
        guard path.hasPrefix(Self.prefix), TopicName(String(path.dropFirst(Self.prefix.count))) != nil else {
            return nil
        }
        return TopicName(path: path)
    }

    func root(of name: TopicName) -> TopicName? { TopicName(String(name.rawValue.dropFirst(Self.prefix.count))) }

    func part(ofEvery root: TopicName) -> TopicName? {
        root.isPath ? nil : TopicName(path: Self.prefix + root.rawValue)
    }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        switch action {
        case .read, .inspect: self.plain.decide(action, by: principal, on: access)
        case .publish: principal.isRelay ? .allowed : .denied
        case .create: .missing
        case .manage: .denied
        }
    }
}
