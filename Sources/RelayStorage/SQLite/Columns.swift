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

/// Reading never trusts what a column holds: GRDB would make a number of any text, and bytes of any number.
extension Row {
    func bytes(_ column: Int) throws(StoreError) -> [UInt8]? { try self.data(column).map { Array($0) } }

    func text(_ column: Int) throws(StoreError) -> String? {
        try self.data(column).map { String(decoding: $0, as: UTF8.self) }
    }

    func buffer(_ column: Int) throws(StoreError) -> ByteBuffer? { try self.data(column).map { ByteBuffer(bytes: $0) } }

    func moment(_ column: Int) throws(StoreError) -> Timestamp? {
        try self.number(column).map { Timestamp(microseconds: $0) }
    }

    /// - Throws: `corrupt` where it is none that is known.
    func durability(_ column: Int) throws -> Durability? {
        try self.text(column).map { try Durability(stored: $0) }
    }

    /// - Throws: `corrupt` where it is NULL.
    func integer(_ column: Int) throws(StoreError) -> Int64 { try self.required(self.number(column)) }

    /// From two columns, `column` and the one after it; ``MessageID/zero`` where they are NULL.
    func messageID(_ column: Int) throws(StoreError) -> MessageID {
        MessageID(
            milliseconds: UInt64(clamping: try self.number(column) ?? 0),
            sequence: UInt64(clamping: try self.number(column + 1) ?? 0)
        )
    }

    /// Nil where it is NULL.
    func number(_ column: Int) throws(StoreError) -> Int64? {
        switch (self[column] as DatabaseValue).storage {
        case .null: return nil
        case .int64(let number): return number
        case .double, .string, .blob: throw StoreError(.corrupt, "column \(self.name(column)) holds no whole number")
        }
    }

    private func data(_ column: Int) throws(StoreError) -> Data? {
        switch (self[column] as DatabaseValue).storage {
        case .null: return nil
        case .blob(let data): return data
        // Empty bytes are bound as text, see above; and by hand texts are easily written as such.
        case .string(let text): return Data(text.utf8)
        case .int64, .double: throw StoreError(.corrupt, "column \(self.name(column)) holds a number")
        }
    }

    private func name(_ column: Int) -> String { Array(self.columnNames)[column] }

    /// From two columns, the name and the namespace after it.
    func topicKey(_ column: Int) throws(StoreError) -> TopicKey {
        TopicKey(
            name: TopicName(path: try self.required(self.text(column))),
            namespace: try self.text(column + 1).map { UserID($0) }
        )
    }

    /// - Throws: `corrupt` where a column that is never NULL is.
    func required<Value>(_ value: Value?) throws(StoreError) -> Value {
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

    /// Like ``all(_:_:_:)``, with nil for rows that can't be read back.
    ///
    /// - Parameter what: names a row for whoever wants to look at it.
    func readable<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords,
        _ what: (Row) -> String,
        _ decode: (Row) throws -> Value
    ) throws -> [Value?] {
        try self.all(sql, arguments) { row in
            do {
                return try decode(row)
            } catch let error as StoreError {
                places.note(what(row), error)
                return nil
            }
        }
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
