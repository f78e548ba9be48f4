import NIOCore
import RelayCore
import RelayWire

/// A second kind, such as peers use to find each other: messages to one peer or to all.
struct SignalBehavior: TopicBehavior {
    let kind = "signal"
    /// Called while a draft is admitted, for tests that need to act in between.
    var onAdmission: @Sendable () -> Void = {}

    func name(fromPath path: String) -> TopicName? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "session", !parts[1].isEmpty, parts[2] == "signal" else { return nil }
        return TopicName(path: path)
    }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard let record = access.record else { return .missing }
        if record.owner == principal.id { return .allowed }
        guard access.grants.contains(principal.id) else { return .denied }
        return action == .manage ? .denied : .allowed
    }

    /// `@name` in the metadata addresses a message; the metadata `refuse` is refused.
    func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        self.onAdmission()
        let text = draft.metadata.map { String(buffer: $0) } ?? ""
        guard text != "refuse" else { throw Refusal("no such peer") }
        var draft = draft
        draft.ttl = 30
        if text.hasPrefix("@") { draft.audience = .one(String(text.dropFirst())) }
        return draft
    }

    func retention(configured: Retention) -> Retention { Retention(maxMessages: 50) }

    var hidesMessages: Bool { true }

    func isVisible(_ message: Message, to principal: Principal) -> Bool {
        switch message.audience {
        case .everyone: true
        case .one(let name): name == principal.username
        case .others: message.sender != principal.username
        }
    }
}
