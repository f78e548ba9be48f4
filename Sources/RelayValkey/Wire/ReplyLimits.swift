/// What one reply of the server may hold before its connection is closed as broken.
public struct ReplyLimits: Sendable, Hashable {
    /// The sum of all strings of one reply, in bytes. 64 MiB unless told.
    public var maxBytes: Int
    /// All values in one reply, arrays and what is in them alike. 1,048,576 unless told.
    public var maxElements: Int

    public init(maxBytes: Int = 64 << 20, maxElements: Int = 1 << 20) {
        self.maxBytes = maxBytes
        self.maxElements = maxElements
    }
}
