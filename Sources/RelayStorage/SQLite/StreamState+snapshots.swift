import DequeModule
import GRDB
import RelayCore
import RelayWire

extension StreamState {
    /// Puts a snapshot in its message's place. What it stands for is hidden; rows of what is not kept are deleted later.
    ///
    /// - Returns: nil where it is outdated.
    mutating func put(_ snapshot: StreamSnapshot, in db: Database) throws -> StreamBounds? {
        guard snapshot.known.epoch.id == self.bounds.epoch.id, snapshot.id > self.snapshot,
            snapshot.id > self.bounds.trimmedThrough, try db.replace(by: snapshot, in: self.id)
        else { return nil }
        self.snapshot = snapshot.id
        self.oldest = []
        self.isChanged = true
        // Behind it is little, as a rule.
        self.bounds.count = 1 + (try db.count(behind: snapshot.id, in: self.id))
        try self.forgetSuperseded(before: snapshot.retention.supersededMilliseconds(at: snapshot.now), in: db)
        return self.bounds
    }

    /// - Parameter milliseconds: see ``Retention/supersededMilliseconds(at:)``.
    mutating func forgetSuperseded(before milliseconds: UInt64, in db: Database) throws {
        guard self.snapshot > self.kept else { return }
        let base =
            self.snapshot.milliseconds < milliseconds
            ? self.snapshot
            : try db.newestSnapshot(of: self.id, after: self.kept, before: milliseconds)
        guard let base, base > self.goneThrough else { return }
        self.kept = base
        self.isChanged = true
    }
}

extension Database {
    /// - Returns: false where there is no such message.
    fileprivate func replace(by snapshot: StreamSnapshot, in stream: Int64) throws -> Bool {
        try self.changes(
            """
            UPDATE messages SET payload = ?, format = ?, is_snapshot = 1, metadata = NULL, audience = NULL,
            expires_at = NULL WHERE stream = ? AND ms = ? AND seq = ?
            """,
            [
                DatabaseValue(snapshot.payload), Int64(snapshot.format.rawValue).databaseValue, stream.databaseValue,
            ] + snapshot.id.columns
        )
    }

    fileprivate func count(behind id: MessageID, in stream: Int64) throws -> Int {
        try self.first(
            "SELECT count(*) FROM messages WHERE stream = ? AND (ms, seq) > (?, ?)",
            [stream.databaseValue] + id.columns
        ) { Int(try $0.integer(0)) } ?? 0
    }

    /// Of those between the two; nil where there is none.
    fileprivate func newestSnapshot(
        of stream: Int64,
        after id: MessageID,
        before milliseconds: UInt64
    ) throws -> MessageID? {
        try self.first(
            """
            SELECT ms, seq FROM messages WHERE is_snapshot AND stream = ? AND (ms, seq) > (?, ?) AND ms < ?
            ORDER BY ms DESC, seq DESC LIMIT 1
            """,
            [stream.databaseValue] + id.columns + [Int64(clamping: milliseconds).databaseValue]
        ) { try $0.storedID(0) }
    }
}
