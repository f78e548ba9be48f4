import Synchronization

/// The gate of a broker, which comes after it and ends before it.
final class GatePost: Sendable {
    private struct Hold: Sendable {
        weak var gate: (any PublishGate)?
    }

    private let hold = Mutex(Hold())

    func set(_ gate: any PublishGate) { self.hold.withLock { $0.gate = gate } }

    /// - Returns: nil where nobody has a say in drafts for the topic.
    func gate(of open: Broker.OpenTopic, for principal: Principal) -> (gate: any PublishGate, record: TopicRecord)? {
        guard open.topic.behavior.isGated, !principal.isRelay, let record = open.access.record,
            let gate = self.hold.withLock({ $0.gate })
        else { return nil }
        return (gate, record)
    }
}
