/// What publishers wait for.
extension Topic {
    /// What an append of this topic reaches before it is done, now.
    var awaitedDurability: Durability { self.environment.awaited(self.accessView.durability) }
}

extension TopicEnvironment {
    /// What publishers of a topic wait for.
    ///
    /// - Parameter setting: the topic's own.
    func wanted(_ setting: Durability?) -> Durability { setting ?? self.durability }

    /// What an append of such a topic asks of the store. For `memory` nobody waits, so it asks for the least.
    func awaited(_ setting: Durability?) -> Durability {
        let wanted = self.wanted(setting)
        return wanted == .memory ? self.leastDurability : wanted
    }
}

extension TopicState {
    /// Whether these drafts' publisher is answered before they are stored.
    ///
    /// It is not while the store fails: so no more is lost than what was under way when it began to. Nor with an idempotency mark, by
    /// which a repeat would have to be recognised at once.
    func answersUnstored(_ drafts: [Draft], _ environment: TopicEnvironment) -> Bool {
        guard self.isStoring, environment.wanted(self.accessView.durability) == .memory else { return false }
        return environment.leastDurability != .memory && !drafts.contains { $0.idempotency != nil }
    }
}
