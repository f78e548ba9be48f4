/// A document in memory: the bytes of all its structs, where each is, and what is deleted.
///
/// It is no CRDT document: what a struct says is never looked at. A copy is cheap and shares the bytes, so that one can be compacted
/// elsewhere while the original takes updates. The owner keeps it on one executor.
public struct DocumentState: Sendable {
    /// Structs without what an update has around them. A full segment never changes.
    var segments: [[UInt8]] = []
    /// By falling client id, clocks rising, without overlap. The mark is the client's clock in the state vector.
    var structs = ClientTable<StructEntry>()
    /// What the structs cover behind gaps, above each client's mark: nothing in most documents. How many structs cover it does not matter to
    /// whoever asks what is known.
    var islands = ClockSet()
    var deletes = ClockSet()
    /// Of ``deletes``, until these change.
    private var encodedDeletes: [UInt8]?
    /// Of all segments together.
    var structBytes = 0

    /// Where the last segment has more bytes, the next update begins another one. So an update that comes while a copy is compacted
    /// copies at most that many bytes.
    static let segmentSize = 1 << 16

    /// An empty document.
    public init() {}

    /// A document that has what the update has, in as little memory as it takes.
    public init(_ update: Update) {
        var state = DocumentState()
        state.take(state.fresh(in: update.index), from: update.bytes.span)
        state.trim()
        self = state
    }

    // MARK: Questions

    /// For each client the end of the gapless clocks from 0. It may be ahead of what a full document would say, as nothing is held back.
    public var stateVector: StateVector { self.structs.stateVector }

    /// Clocks that are deleted, as ranges `[start, end)` by client.
    public var deletions: [UInt64: [Range<UInt32>]] { self.deletes.byClient }

    public var isEmpty: Bool { self.structs.isEmpty && self.deletes.isEmpty }

    /// Whether structs are known behind clocks that are not: somebody may have what is missing.
    public var hasHoles: Bool { !self.islands.isEmpty }

    /// All below it is known of the client.
    func mark(of client: UInt64) -> UInt32 {
        self.structs.row(of: client).map { self.structs.rows[$0].mark } ?? 0
    }

    /// Counted when asked for: takes a moment for each client.
    public var size: DocumentSize {
        let bytes = self.segments.reduce(0) { $0 + $1.capacity + 32 }
        let cache = self.encodedDeletes.map { $0.capacity + 32 } ?? 0
        return DocumentSize(
            structBytes: self.structBytes,
            structs: self.structs.elementCount,
            deletedRanges: self.deletes.rangeCount,
            memory: bytes + self.structs.memory + self.deletes.table.memory
                + self.islands.table.memory + cache
        )
    }

    /// What somebody with `known` lacks: the body of a step 2.
    ///
    /// Keeps the encoded deletions, so that a client that lacks nothing costs little more than a look at each client.
    ///
    /// - Returns: an update, `00 00` if there is nothing.
    public mutating func diff(against known: StateVector) -> [UInt8] {
        let deletes = self.encodedDeletes ?? self.deletes.encoded()
        self.encodedDeletes = deletes
        return self.structs.encoded(above: known, from: self.segments, size: self.structBytes, deletes: deletes)
    }

    // MARK: Memory

    /// Gives back the encoded deletions that ``diff(against:)`` keeps: takes no time, whatever the document's size.
    public mutating func forgetEncoding() {
        self.encodedDeletes = nil
    }

    /// Gives back what was reserved for growth and what can be made anew: for a document that nobody edits.
    public mutating func trim() {
        self.structs.trim()
        self.islands.trim()
        self.deletes.trim()
        self.encodedDeletes = nil
        self.segments = self.segments.map { $0.capacity > $0.count ? $0.span.copy(0..<$0.count) : $0 }
    }

    mutating func deletionsChanged() {
        self.encodedDeletes = nil
    }
}
