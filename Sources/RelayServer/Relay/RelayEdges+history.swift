import RelayCore
import RelayMetrics

extension RelayEdges {
    /// Lets the relay remember figures. Some of the registry's collectors are asked for them: others tell what was since they were asked before,
    /// which is for whoever reads `/metrics`.
    func remember(
        _ registry: PrometheusRegistry,
        _ waiters: PollWaiters,
        _ subscriptions: SubscriptionQuota,
        _ engines: EngineSessions
    ) {
        self.history.watch(
            registry,
            [
                ProcessMetrics(), MemoryMetrics(ledger: self.memory),
                BrokerMetrics(
                    broker: self.broker,
                    waitingPolls: { waiters.total },
                    subscriptions: { subscriptions.total }
                ),
                SessionCollector(
                    metrics: self.sessions.metrics,
                    messages: self.sessions.messages,
                    service: self.sessions.service
                ),
                DocumentCollector(documents: self.documents, engines: engines),
            ]
        )
    }
}
