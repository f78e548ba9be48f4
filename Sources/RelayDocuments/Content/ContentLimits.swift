/// How much work a document's content may take, however hostile the document.
public struct ContentLimits: Hashable, Sendable {
    /// How many structs, and parts of structs that others or deletions cut, a document may have. Each takes 64 bytes. Default: 2^20.
    public var maxItems: Int
    /// How many times a struct may be compared with another that was written at the same place. Honest writers need few; 2^24 take less
    /// than a second. Default: 2^24.
    public var maxSteps: Int
    /// Of one answer. Default: 64 MiB.
    public var maxBytes: Int

    public init(maxItems: Int = 1 << 20, maxSteps: Int = 1 << 24, maxBytes: Int = 1 << 26) {
        self.maxItems = maxItems
        self.maxSteps = maxSteps
        self.maxBytes = maxBytes
    }
}
