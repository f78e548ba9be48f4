/// One client's entry of an awareness update.
public struct AwarenessEntry: Hashable, Sendable {
    /// The client's id, up to 2^53 - 1.
    public var client: UInt64
    /// Rises with each entry of the client, up to 2^53 - 1. 0 is never taken by anybody.
    public var clock: UInt64
    /// JSON text as the client wrote it. nil: the client is gone, which `null` stands for.
    public var state: [UInt8]?

    public init(client: UInt64, clock: UInt64, state: [UInt8]?) {
        self.client = client
        self.clock = clock
        self.state = state
    }
}
