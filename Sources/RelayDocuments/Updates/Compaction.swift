/// What a merge does beyond merging.
public struct Compaction: Hashable, Sendable {
    /// Whether the contents of deleted structs are forgotten, as Yjs' garbage collection does. Default: true. Set
    /// it to false where history, undo across reconnects or snapshots are wanted.
    public var forgetsDeleted: Bool

    public init(forgetsDeleted: Bool = true) {
        self.forgetsDeleted = forgetsDeleted
    }
}
