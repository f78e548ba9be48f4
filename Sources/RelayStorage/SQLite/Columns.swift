import Foundation
import GRDB
import NIOCore
import RelayCore
import RelayWire

// How values become columns, and back.

extension DatabaseValue {
    /// - Parameter bytes: empty bytes are bound as empty text, since an empty BLOB would be bound as NULL. Both read back
    ///   as no bytes, and a value is always written the same way.
    init(_ bytes: some Collection<UInt8>) {
        self = bytes.isEmpty ? "".databaseValue : Data(bytes).databaseValue
    }

    init(_ buffer: ByteBuffer) {
        self.init(buffer.readableBytesView)
    }

    init(_ text: String) {
        self.init(text.utf8)
    }

    init(_ user: UserID) {
        self.init(user.rawValue)
    }

    init(_ topic: TopicKey) {
        self.init(topic.description)
    }

    init(_ durability: Durability?) {
        self = durability.map { DatabaseValue($0.rawValue) } ?? .null
    }

    init(_ moment: Timestamp) {
        self = moment.microseconds.databaseValue
    }
}

extension MessageID {
    /// What is above `Int64.max` is taken for it: no store gives out such ids, and as a cursor it stays beyond them.
    var columns: [DatabaseValue] {
        [Int64(clamping: self.milliseconds).databaseValue, Int64(clamping: self.sequence).databaseValue]
    }
}

extension Row {
    func bytes(_ column: Int) -> [UInt8]? {
        (self[column] as Data?).map { Array($0) }
    }

    func text(_ column: Int) -> String? {
        (self[column] as Data?).map { String(decoding: $0, as: UTF8.self) }
    }

    func buffer(_ column: Int) -> ByteBuffer? {
        (self[column] as Data?).map { ByteBuffer(bytes: $0) }
    }

    func moment(_ column: Int) -> Timestamp? {
        (self[column] as Int64?).map { Timestamp(microseconds: $0) }
    }

    /// - Throws: `corrupt` where it is none that is known.
    func durability(_ column: Int) throws -> Durability? {
        try self.text(column).map { try Durability(stored: $0) }
    }

    /// - Throws: `corrupt` where it is NULL.
    func integer(_ column: Int) throws -> Int64 {
        try self.required(self[column] as Int64?)
    }

    /// From two columns, `column` and the one after it; ``MessageID/zero`` where they are NULL.
    func messageID(_ column: Int) -> MessageID {
        MessageID(
            milliseconds: UInt64(clamping: (self[column] as Int64?) ?? 0),
            sequence: UInt64(clamping: (self[column + 1] as Int64?) ?? 0)
        )
    }

    /// From two columns, the name and the namespace after it.
    func topicKey(_ column: Int) throws -> TopicKey {
        TopicKey(
            name: TopicName(path: try self.required(self.text(column))),
            namespace: self.text(column + 1).map { UserID($0) }
        )
    }

    /// - Throws: `corrupt` where a column that is never NULL is.
    func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw StoreError(.corrupt, "NULL in a column that has none") }
        return value
    }
}

extension Database {
    /// Runs a statement that is prepared once for each connection.
    func run(_ sql: String, _ arguments: [DatabaseValue] = []) throws {
        try self.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }

    /// Like ``run(_:_:)``.
    ///
    /// - Returns: whether it changed a row.
    func changes(_ sql: String, _ arguments: [DatabaseValue]) throws -> Bool {
        try self.run(sql, arguments)
        return self.changesCount > 0
    }

    /// A row that is valid until the cursor moves on.
    func rows(_ sql: String, _ arguments: [DatabaseValue] = []) throws -> RowCursor {
        try Row.fetchCursor(try self.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }

    func all<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue] = [],
        _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try self.rows(sql, arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try decode(row)) }
        return values
    }

    func first<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue],
        _ decode: (Row) throws -> Value
    ) throws -> Value? {
        let rows = try self.rows(sql, arguments)
        // The row is the cursor's, and gone with it.
        return try withExtendedLifetime(rows) { try rows.next().map(decode) }
    }
}
