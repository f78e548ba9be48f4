import Foundation
import GRDB
import GRDBSQLite
import NIOCore
import RelayCore
import RelayWire

/// One row of a statement that runs: valid until the statement goes on.
///
/// Reading never trusts what a column holds: SQLite would make a number of any text, and bytes of any number.
@safe struct Row {
    private let statement: OpaquePointer

    /// - Parameter statement: stands on a row.
    init(of statement: OpaquePointer) {
        unsafe self.statement = statement
    }

    func bytes(_ column: Int) throws(StoreError) -> [UInt8]? { try unsafe self.read(column) { unsafe Array($0) } }

    func text(_ column: Int) throws(StoreError) -> String? {
        try unsafe self.read(column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func buffer(_ column: Int) throws(StoreError) -> ByteBuffer? {
        try unsafe self.read(column) { unsafe ByteBuffer(bytes: $0) }
    }

    func moment(_ column: Int) throws(StoreError) -> Timestamp? {
        try self.number(column).map { Timestamp(microseconds: $0) }
    }

    /// - Throws: `corrupt` where it is none that is known.
    func durability(_ column: Int) throws -> Durability? {
        try self.text(column).map { try Durability(stored: $0) }
    }

    /// - Throws: `corrupt` where it is none that is known.
    func format(_ column: Int) throws(StoreError) -> PayloadFormat {
        let number = try self.integer(column)
        guard let format = UInt8(exactly: number).flatMap({ PayloadFormat(rawValue: $0) }) else {
            throw StoreError(.corrupt, "no format of payloads is number \(number)")
        }
        return format
    }

    /// - Throws: `corrupt` where it is NULL.
    func integer(_ column: Int) throws(StoreError) -> Int64 { try self.required(self.number(column)) }

    /// A message's own, from two columns, `column` and the one after it.
    ///
    /// - Throws: `corrupt` where they hold anything but the numbers that ids are written as.
    func storedID(_ column: Int) throws(StoreError) -> MessageID {
        let (milliseconds, sequence) = (try self.integer(column), try self.integer(column + 1))
        guard milliseconds >= 0, sequence >= 0 else {
            throw StoreError(.corrupt, "columns \(self.name(column)) and \(self.name(column + 1)) hold no message id")
        }
        return MessageID(milliseconds: UInt64(milliseconds), sequence: UInt64(sequence))
    }

    /// From two columns, `column` and the one after it; ``MessageID/zero`` where they are NULL.
    func messageID(_ column: Int) throws(StoreError) -> MessageID {
        MessageID(
            milliseconds: UInt64(clamping: try self.number(column) ?? 0),
            sequence: UInt64(clamping: try self.number(column + 1) ?? 0)
        )
    }

    /// Nil where it is NULL.
    func number(_ column: Int) throws(StoreError) -> Int64? {
        switch unsafe sqlite3_column_type(self.statement, Int32(column)) {
        case SQLITE_NULL: return nil
        case SQLITE_INTEGER: return unsafe sqlite3_column_int64(self.statement, Int32(column))
        default: throw StoreError(.corrupt, "column \(self.name(column)) holds no whole number")
        }
    }

    /// From the one column that rows are found by. Nil where it holds no text: nobody finds such a row.
    func storedKey(_ column: Int) -> TopicKey? {
        (try? self.text(column)).flatMap(\.self).map { TopicKey(storedText: $0) }
    }

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

    /// What a column holds, whatever it is.
    func value(_ column: Int) throws(StoreError) -> DatabaseValue {
        switch unsafe sqlite3_column_type(self.statement, Int32(column)) {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: unsafe sqlite3_column_int64(self.statement, Int32(column)).databaseValue
        case SQLITE_FLOAT: unsafe sqlite3_column_double(self.statement, Int32(column)).databaseValue
        case SQLITE_TEXT: try self.text(column)?.databaseValue ?? .null
        default: try self.bytes(column).map { Data($0).databaseValue } ?? .null
        }
    }

    /// The same, as an operator can look it up.
    func shown(_ column: Int) -> String {
        if let text = try? self.text(column) { return String(text.prefix(300)) }
        return (try? self.value(column)).map { "\($0)" } ?? "?"
    }

    /// - Returns: nil where it is NULL.
    private func read<Value>(
        _ column: Int,
        _ decode: (UnsafeRawBufferPointer) -> Value
    ) throws(StoreError) -> Value? {
        switch unsafe sqlite3_column_type(self.statement, Int32(column)) {
        case SQLITE_NULL:
            return nil
        // Empty bytes are bound as text, see `DatabaseValue`; and by hand texts are easily written as such.
        case SQLITE_BLOB, SQLITE_TEXT:
            // In this order: the first may convert what the second counts.
            let start = unsafe sqlite3_column_blob(self.statement, Int32(column))
            let count = unsafe Int(sqlite3_column_bytes(self.statement, Int32(column)))
            return unsafe decode(UnsafeRawBufferPointer(start: start, count: count))
        default:
            throw StoreError(.corrupt, "column \(self.name(column)) holds a number")
        }
    }

    private func name(_ column: Int) -> String {
        unsafe sqlite3_column_name(self.statement, Int32(column)).map { unsafe String(cString: $0) } ?? String(column)
    }
}
