/// A client's frame is none of Pulse's (1001).
public struct PulseFrameError: Error, Hashable, Sendable {
    /// Of the request that the frame should have been; 0 where it has none that could be read.
    public let id: UInt64
    /// What is wrong, in plain English. Never holds bytes of the frame.
    public let message: String

    public init(id: UInt64, message: String) {
        self.id = id
        self.message = message
    }
}
