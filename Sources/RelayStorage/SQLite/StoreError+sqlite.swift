import GRDB
import RelayCore

extension StoreError {
    /// An error before the commit: all of it was rolled back.
    init(sqlite error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError:
            self.init(Self.code(of: error.resultCode), error.description)
        default:
            self.init(.unavailable, String(describing: error))
        }
    }

    /// An error of the commit itself. Only what SQLite refuses before it writes is certain not to have happened.
    /// After a failed write or sync it is unknown what a crash would leave.
    init(sqliteCommit error: any Error) {
        let mapped = StoreError(sqlite: error)
        let refused = (error as? DatabaseError).map { [.SQLITE_BUSY, .SQLITE_FULL].contains($0.resultCode) } ?? false
        self = refused ? mapped : StoreError(.outcomeUnknown, mapped.message)
    }

    private static func code(of result: ResultCode) -> Code {
        switch result {
        case .SQLITE_FULL: .full
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
        default: .unavailable
        }
    }
}
