import RelayCore
import RelayMetrics

/// What the process holds for its clients, measured when `/metrics` is read.
struct MemoryMetrics: MetricCollector {
    let ledger: MemoryLedger

    func collect() -> [MetricSample] {
        let limits = self.ledger.order.limits
        let accounts = MemoryAccount.allCases
        return accounts.map { account in
            Self.sample(
                "relay_memory_bytes",
                .gauge,
                "Bytes held for clients.",
                account,
                self.ledger.bytes(in: account)
            )
        }
            + accounts.map { account in
                Self.sample("relay_memory_limit_bytes", .gauge, "Bounds of these.", account, limits[account])
            }
            + accounts.filter { $0 != .hotTier }.map { account in
                Self.sample(
                    "relay_memory_refusals_total",
                    .counter,
                    "Times that clients were refused for want of memory.",
                    account,
                    self.ledger.refusals(of: account)
                )
            }
            + [
                MetricSample(
                    name: "relay_memory_whole_limit_bytes",
                    kind: .gauge,
                    help: "Bound of all that is held for clients.",
                    value: Double(limits.whole)
                )
            ]
    }

    private static func sample(
        _ name: String,
        _ kind: MetricKind,
        _ help: String,
        _ account: MemoryAccount,
        _ value: Int
    ) -> MetricSample {
        MetricSample(name: name, kind: kind, help: help, labels: [("account", account.label)], value: Double(value))
    }
}
