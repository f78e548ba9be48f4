import Synchronization

/// What one endpoint has done, told by its loop and read by others.
final class EndpointCounts: Sendable {
    let connections = Atomic(0)
    let handshakes = Atomic(0)
    let memory = Atomic(0)
    let accepted = Atomic<UInt64>(0)
    let failed = Atomic<UInt64>(0)
    let refused = Atomic<UInt64>(0)
    let retries = Atomic<UInt64>(0)
    let resets = Atomic<UInt64>(0)
    let received = Atomic<UInt64>(0)
    let sent = Atomic<UInt64>(0)
    let dropped = Atomic<UInt64>(0)

    func add(to counts: inout QUICCounts) {
        counts.connections += self.connections.load(ordering: .relaxed)
        counts.handshakes += self.handshakes.load(ordering: .relaxed)
        counts.memory += self.memory.load(ordering: .relaxed)
        counts.accepted += self.accepted.load(ordering: .relaxed)
        counts.failed += self.failed.load(ordering: .relaxed)
        counts.refused += self.refused.load(ordering: .relaxed)
        counts.retries += self.retries.load(ordering: .relaxed)
        counts.resets += self.resets.load(ordering: .relaxed)
        counts.datagramsReceived += self.received.load(ordering: .relaxed)
        counts.datagramsSent += self.sent.load(ordering: .relaxed)
        counts.datagramsDropped += self.dropped.load(ordering: .relaxed)
    }
}

extension Atomic where Value == UInt64 {
    func increase() { self.add(1, ordering: .relaxed) }
}
