import Synchronization

/// Settings of a part that may change while it works. Who uses them reads them anew each time: so a change holds from the next use on.
///
/// For what is read now and then. What every message reads has atomics of its own, see ``BrokerLimitsInForce``.
///
/// Owner of the settings: its lock, held for one copy.
public final class Adjustable<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    /// - Parameter value: what holds at first.
    public init(_ value: Value) {
        self.value = Mutex(value)
    }

    /// What holds now.
    public var current: Value { self.value.withLock { $0 } }

    /// From any thread; never waits.
    ///
    /// - Parameter value: what holds from now on.
    public func change(to value: Value) { self.value.withLock { $0 = value } }
}
