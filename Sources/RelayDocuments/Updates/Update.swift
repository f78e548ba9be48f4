/// A Yjs update of version 1 that was read and checked: what some clients wrote and deleted.
///
/// It keeps the bytes, and where in them the structs are. Two updates are equal when their bytes are.
public struct Update: Sendable {
    /// As they came; written anew where clients did not fall or came twice, or structs had length 0.
    public let bytes: [UInt8]
    let index: UpdateIndex

    /// The update that changes nothing: `00 00`.
    public static let empty = Update(checked: [0, 0])

    /// - Parameter bytes: a whole update, with nothing behind it.
    /// - Throws: anything of ``DocumentError`` but `compactionDiffers`; not for shared types that only Yrs knows, which documents may have
    ///   from before they were refused. Time and memory are linear in the bytes also then.
    public init(_ bytes: [UInt8]) throws(DocumentError) {
        let index = try UpdateIndex(bytes.span)
        guard index.needsRewriting else {
            self.bytes = bytes
            self.index = index
            return
        }
        let rewritten = UpdateMerge.merge([bytes], [index], compaction: nil)
        self.bytes = rewritten
        self.index = try UpdateIndex(rewritten.span)
    }

    /// Whether an update may come into a document. Keeps nothing of it.
    ///
    /// - Parameter isInDocument: whether a document has it already.
    /// - Throws: as ``init(_:)-([UInt8])``, and for what no document has yet `unknownType` also for shared types that only Yrs knows.
    public static func check(_ bytes: Span<UInt8>, isInDocument: Bool = false) throws(DocumentError) {
        let index = try UpdateIndex(bytes)
        if !isInDocument { try index.checkTypes() }
    }

    /// Copies the bytes: an update may outlive the buffer that it came in.
    ///
    /// - Throws: as ``init(_:)-([UInt8])``.
    public init(_ bytes: Span<UInt8>) throws(DocumentError) {
        try self.init(bytes.copy(0..<bytes.count))
    }

    /// - Parameter bytes: written by this library.
    init(checked bytes: [UInt8]) {
        guard let update = try? Update(bytes) else { preconditionFailure("an update that was written can't be read") }
        self = update
    }

    /// Whether it has neither structs nor deletions.
    public var isEmpty: Bool { self.index.isEmpty }

    /// How many structs it has, Skips and structs of length 0 not counted.
    public var structCount: Int { self.index.structs.elementCount }

    /// What somebody who has just this update has: for each client the end of the gapless clocks from 0.
    public var stateVector: StateVector { self.index.structs.stateVector }

    /// Clocks that an update is said to delete, as ranges `[start, end)` by client.
    public var deletions: [UInt64: [Range<UInt32>]] { self.index.deletes.byClient }
}

extension Update: Hashable {
    public static func == (left: Update, right: Update) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.bytes)
    }
}

extension ClientTable<StructEntry> {
    var stateVector: StateVector {
        StateVector(Dictionary(uniqueKeysWithValues: self.rows.map { ($0.client, $0.mark) }))
    }
}

extension ClockSet {
    var byClient: [UInt64: [Range<UInt32>]] {
        var result: [UInt64: [Range<UInt32>]] = [:]
        for (row, place) in self.table.rows.enumerated() {
            result[place.client] = self.table.elements(row).map { $0.start..<$0.end }
        }
        return result
    }

    func encoded() -> [UInt8] {
        var output: [UInt8] = []
        self.encode(into: &output)
        return output
    }
}
