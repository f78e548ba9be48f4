/// Bounds of a tunnel of proxy frames.
public struct ProxyRules: Hashable, Sendable {
    /// Bytes that may be on their way in one direction and not acknowledged. Default 1 MiB.
    public var window: Int
    /// Bytes of data in a frame. Default 1 MiB.
    public var maxFrame: Int

    /// What the smallest frame counts in a window, in bytes. So a window of small frames is a bounded number of frames.
    public static let leastCost = 256

    public init(window: Int = 1 << 20, maxFrame: Int = 1 << 20) {
        self.window = window
        self.maxFrame = maxFrame
    }
}
