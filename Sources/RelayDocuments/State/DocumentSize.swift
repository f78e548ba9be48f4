/// How large a document is in memory.
public struct DocumentSize: Hashable, Sendable {
    /// The encoded structs, bytes. An update of the whole document has these, its deletions, and a few bytes for each client.
    public let structBytes: Int
    /// How many structs it has.
    public let structs: Int
    /// How many ranges of clocks are deleted.
    public let deletedRanges: Int
    /// About what it takes of memory with its index and what is reserved for growth, bytes.
    public let memory: Int
}
