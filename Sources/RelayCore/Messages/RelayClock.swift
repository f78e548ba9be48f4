public import NIOCore
public import RelayWire

/// The relay's two clocks, as every part is handed them. Tests hand in clocks that they set.
///
/// ARCHITECTURE.md lists which decision uses which.
public struct RelayClock: Sendable {
    /// The wall clock: for moments that are stored, shown to clients, or said by a token. It may be set forward or back at any time.
    public let now: @Sendable () -> Timestamp
    /// Time that passes: for limits, deadlines and idle times. It never goes back, and begins anew with each process.
    public let uptime: @Sendable () -> NIODeadline

    public init(now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> NIODeadline) {
        self.now = now
        self.uptime = uptime
    }
}
