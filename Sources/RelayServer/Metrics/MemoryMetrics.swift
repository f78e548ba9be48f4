import RelayCore
import RelayMetrics

/// What the process holds for its clients, measured when `/metrics` is read.
struct MemoryMetrics: MetricCollector {
    let ledger: MemoryLedger

    func collect() -> [MetricSample] {
        let limits = self.ledger.order.limits
        return self.samples(RelayMetric.memoryBytes) { self.ledger.bytes(in: $0) }
            + self.samples(RelayMetric.memoryLimits) { limits[$0] }
            + self.samples(RelayMetric.memoryRefusals) { $0 == .hotTier ? nil : self.ledger.refusals(of: $0) }
            + [
                RelayMetric.memoryWholeLimit.sample(limits.whole),
                RelayMetric.memoryClosed.sample(self.ledger.closedConnections),
            ]
    }

    /// One for each account that has a value.
    private func samples(_ metric: MeasuredMetric, _ value: (MemoryAccount) -> Int?) -> [MetricSample] {
        MemoryAccount.allCases.compactMap { account in
            value(account).map { metric.sample($0, ("account", account.label)) }
        }
    }
}
