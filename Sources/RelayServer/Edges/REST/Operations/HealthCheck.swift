import RelayCore

/// How one part of the relay does.
struct HealthCheck: Sendable {
    enum Status: String, Sendable {
        case healthy, degraded, unhealthy
    }

    let name: String
    let status: Status
    /// For people; nil where there is nothing to say.
    var message: String?
    var milliseconds: Int64 = 0

    /// All healthy is healthy, one unhealthy is unhealthy, and anything else degraded.
    static func overall(_ checks: [HealthCheck]) -> Status {
        if checks.contains(where: { $0.status == .unhealthy }) { return .unhealthy }
        return checks.allSatisfy { $0.status == .healthy } ? .healthy : .degraded
    }

    /// Of something that has a bound: below 80 % of it healthy, below 95 % degraded.
    static func share(_ name: String, of used: Int, _ bound: Int, _ what: String) -> HealthCheck {
        let percent = bound > 0 ? Int((Double(used) / Double(bound) * 100).rounded(.down)) : 100
        let status: Status = percent < 80 ? .healthy : percent < 95 ? .degraded : .unhealthy
        let message = status == .healthy ? nil : "\(what): \(percent) % of the bound"
        return HealthCheck(name: name, status: status, message: message)
    }

    var tree: JSONTree {
        .object([
            ("name", .text(self.name)), ("status", .text(self.status.rawValue)), ("message", .text(self.message)),
            ("duration_ms", .number(self.milliseconds)),
        ])
    }
}

/// What the relay says of its own health.
struct HealthChecks: Sendable {
    let storage: StoreHealth
    let memory: MemoryLedger
    let draining: Draining

    /// Without asking anybody: of the store what it said last.
    var atHand: [HealthCheck] { [self.resources, self.check(of: self.storage.latest)] }

    /// With the store's word, which may take as long as its patience lasts.
    func asked() async -> [HealthCheck] {
        let clock = ContinuousClock()
        let start = clock.now
        var storage = self.check(of: await self.storage.answer())
        storage.milliseconds = Int64((clock.now - start) / .milliseconds(1))
        guard self.draining.isUnderWay else { return [self.resources, storage] }
        return [
            self.resources, storage,
            HealthCheck(name: "draining", status: .unhealthy, message: "the relay has been told to stop"),
        ]
    }

    private var resources: HealthCheck {
        .share("system_resources", of: self.memory.total, self.memory.order.limits.whole, "memory held for clients")
    }

    private func check(of answer: StoreHealth.Answer) -> HealthCheck {
        switch answer {
        case .healthy: HealthCheck(name: "storage", status: .healthy)
        case .unhealthy: HealthCheck(name: "storage", status: .unhealthy, message: "the store can't serve")
        case .late: HealthCheck(name: "storage", status: .unhealthy, message: "no answer in time")
        }
    }
}
