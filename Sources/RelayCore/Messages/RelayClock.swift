public import RelayWire

/// The wall clock, as the core is handed it. Tests hand in one that they set.
public struct RelayClock: Sendable {
    public let now: @Sendable () -> Timestamp

    public init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }
}
