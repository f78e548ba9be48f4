/// Bounds that the format itself does not have.
public enum DocumentLimits {
    /// How deep values may lie in values. The update is refused beyond it.
    public static let maxNesting = 256
    /// The highest number of lib0's integers, which are JavaScript's: 2^53 - 1.
    public static let maxNumber: UInt64 = 1 << 53 - 1
}
