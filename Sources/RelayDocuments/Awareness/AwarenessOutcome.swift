/// What is to be sent after an awareness update came.
public struct AwarenessOutcome: Hashable, Sendable {
    /// To everybody, the sender included: entries that were taken.
    public var broadcast: [AwarenessEntry] = []
    /// To the sender alone: it raises its clock above these, and sends its state again.
    public var answer: [AwarenessEntry] = []
    /// How many entries a limit of ``AwarenessLimits`` has dropped.
    public var dropped = 0

    public init() {}
}
