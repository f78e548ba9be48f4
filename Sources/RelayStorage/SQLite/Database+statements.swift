import GRDB
import GRDBSQLite
import RelayCore

/// Running statements. GRDB opens the connections, and prepares and keeps their statements. Values are bound and rows are read without it:
/// its own way took several times as long as the small statements of a publish.
extension Database {
    /// Runs a statement that is prepared once for each connection.
    ///
    /// - Parameter arguments: one for each parameter.
    func run(_ sql: String, _ arguments: [DatabaseValue] = []) throws {
        var rows = try self.rows(sql, arguments)
        while try rows.next() != nil {}
    }

    /// Like ``run(_:_:)``.
    ///
    /// - Returns: whether it changed a row.
    func changes(_ sql: String, _ arguments: [DatabaseValue]) throws -> Bool {
        try self.run(sql, arguments)
        return self.changesCount > 0
    }

    /// Like ``run(_:_:)``, row by row.
    func rows(_ sql: String, _ arguments: [DatabaseValue] = []) throws -> Rows {
        try Rows(self.cachedStatement(sql: sql), arguments, of: self)
    }

    func all<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue] = [],
        _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        var rows = try self.rows(sql, arguments)
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
        var rows = try self.rows(sql, arguments)
        return try rows.next().map(decode)
    }
}

/// The rows of a statement, which runs as they are taken, and is free for its next use when this goes.
struct Rows: ~Copyable {
    private let statement: Statement
    private let database: Database

    fileprivate init(_ statement: Statement, _ arguments: [DatabaseValue], of database: Database) throws {
        self.statement = statement
        self.database = database
        assert(unsafe sqlite3_bind_parameter_count(statement.sqliteStatement) == Int32(arguments.count), statement.sql)
        for (place, argument) in arguments.enumerated() {
            let code = unsafe argument.bind(to: statement.sqliteStatement, at: Int32(place + 1))
            if code != SQLITE_OK { throw self.error(code) }
        }
    }

    deinit {
        unsafe sqlite3_reset(self.statement.sqliteStatement)
        // What was bound may be a whole message.
        unsafe sqlite3_clear_bindings(self.statement.sqliteStatement)
    }

    /// - Returns: nil after the last one. A row is gone with the next call.
    mutating func next() throws -> Row? {
        switch unsafe sqlite3_step(self.statement.sqliteStatement) {
        case SQLITE_ROW: return unsafe Row(of: self.statement.sqliteStatement)
        case SQLITE_DONE: return nil
        case let code: throw self.error(code)
        }
    }

    private func error(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: self.database.lastErrorMessage,
            sql: self.statement.sql
        )
    }
}
