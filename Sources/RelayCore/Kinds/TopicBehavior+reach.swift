extension TopicBehavior {
    /// What becomes of an action: what the kind decides, within what the principal's token is limited to. The one place that knows of such
    /// limits.
    ///
    /// A ticket is for one topic with its parts. A service token acts for the user who made it, on the topics in its reach that the user may
    /// manage at that moment, and only reads and publishes there. So nobody hands on what was granted to them, and a topic that comes to be
    /// another's is out of reach from then on. What a token is not for does not exist for its holder.
    ///
    /// - Parameter access: of the topic `name`; of a part its root's.
    public func decision(
        on name: TopicName,
        _ access: TopicAccess,
        _ action: TopicAction,
        by principal: Principal
    ) -> AccessDecision {
        guard principal.isLimited else { return self.decide(action, by: principal, on: access) }
        guard principal.reaches(self.root(of: name) ?? name) else { return .missing }
        guard principal.reach != nil else { return self.decide(action, by: principal, on: access) }
        switch action {
        case .create: return .missing
        case .manage, .inspect: return .denied
        case .read, .publish: break
        }
        guard access.record.map({ principal.isAdmin || $0.owner == principal.id }) ?? true else { return .denied }
        return self.decide(action, by: principal, on: access)
    }
}
