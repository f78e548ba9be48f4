/// What a merge does beyond merging.
public struct Compaction: Hashable, Sendable {
    /// Whether the contents of deleted structs are forgotten, as Yjs' garbage collection does. Not where
    /// history, undo across reconnects or snapshots are wanted. Default: they are.
    public var forgetsDeleted: Bool

    public init(forgetsDeleted: Bool = true) {
        self.forgetsDeleted = forgetsDeleted
    }
}
