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

    /// What contents of these updates take while they are there, bytes, without what is answered: as much as the worst of that size.
    ///
    /// - Parameter updates: of a restoration both, as each is cut where the other is.
    public func memory(for updates: [Update]) -> Int {
        let structs = updates.reduce(0) { $0 + $1.structCount }
        // Each struct and each deletion cuts at two places; where there are others to be compared with, a struct's own borders are two more.
        let deletions = updates.reduce(0) { $0 + $1.index.deletes.rangeCount }
        let cuts = (updates.count > 1 ? 4 : 2) * structs + 2 * deletions
        let items = updates.count * min(self.maxItems, structs + cuts)
        let bytes = updates.reduce(0) { $0 + $1.bytes.count }
        return bytes + items * Self.itemBytes + cuts * MemoryLayout<StructCuts.Cut>.stride
    }

    /// With what an item may be beside itself: a type, a key's value.
    private static let itemBytes = 2 * MemoryLayout<ContentItem>.stride
}
