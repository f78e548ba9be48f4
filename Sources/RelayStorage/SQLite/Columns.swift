import Foundation
import GRDB
import NIOCore
import RelayCore
import RelayWire

// How values become columns. See `Row` for the way back.

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
