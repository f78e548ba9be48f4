import Synchronization

/// What tunnels have carried: counted by their ends, on any thread, and looked at by who shows it.
public final class TunnelTraffic: Sendable {
    private let sentBytes = Atomic<Int>(0)
    private let receivedBytes = Atomic<Int>(0)
    private let openCount = Atomic<Int>(0)

    /// Counts from nothing.
    public init() {}

    /// Bytes from local programs.
    public var sent: Int { self.sentBytes.load(ordering: .relaxed) }
    /// Bytes to local programs.
    public var received: Int { self.receivedBytes.load(ordering: .relaxed) }
    /// Tunnels at this moment.
    public var open: Int { self.openCount.load(ordering: .relaxed) }

    func sent(_ bytes: Int) { self.sentBytes.wrappingAdd(bytes, ordering: .relaxed) }
    func received(_ bytes: Int) { self.receivedBytes.wrappingAdd(bytes, ordering: .relaxed) }
    func opened() { self.openCount.wrappingAdd(1, ordering: .relaxed) }
    func closed() { self.openCount.wrappingSubtract(1, ordering: .relaxed) }
}
