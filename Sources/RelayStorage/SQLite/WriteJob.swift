import GRDB
import RelayCore

/// One thing to be written. Jobs that wait together share one transaction and one sync.
struct WriteJob: Sendable {
    /// In bytes, roughly: what it holds while it waits.
    let cost: Int
    /// Whether it makes the database larger for good, so that it is refused while the disk is nearly full.
    var needsRoom = false
    /// Runs on the writer, in the order of submission, inside a transaction. It may run a second time where that
    /// transaction was rolled back, so it changes nothing but the database and the cache.
    ///
    /// - Returns: what to call once the transaction is committed.
    let perform: @Sendable (Database, inout StreamCache) throws -> @Sendable () -> Void
    /// Called instead where it was not committed.
    let fail: @Sendable (StoreError) -> Void
}
