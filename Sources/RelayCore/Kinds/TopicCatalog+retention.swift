extension TopicCatalog {
    /// - Parameter configured: the relay's.
    public func retention(configured: Retention) -> RetentionRule {
        let own = self.behaviors.map { $0.retention(configured: configured) }
        guard own.contains(where: { $0 != configured }) else { return RetentionRule(configured) }
        return RetentionRule(plain: configured, paths: own + [configured]) { name in
            self.behavior(of: name).retention(configured: configured)
        }
    }
}
