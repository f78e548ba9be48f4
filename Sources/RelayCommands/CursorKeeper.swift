public import RelayClient

/// Cursors of what was printed, written to their file, where there is one, after each step.
public struct CursorKeeper: Sendable {
    public private(set) var table: CursorTable
    private let file: CursorFile?

    /// - Parameter path: read now, where it exists; nil keeps cursors in memory only.
    public init(path: String?) throws {
        self.file = path.map(CursorFile.init(path:))
        self.table = try self.file?.read() ?? CursorTable()
    }

    /// Call once the message is printed.
    public mutating func printed(_ message: RelayMessage) throws {
        _ = self.table.advance(message.topic, to: message.messageID)
        try self.file?.write(self.table)
    }

    /// Call for each gap, before the message after it.
    public mutating func told(_ gap: MessageGap) {
        self.table.take(gap)
    }

    /// The relay has told the topics' epochs.
    public mutating func told(epochs: [String: String]) throws {
        let before = self.table
        self.table.adopt(epochs: epochs)
        if self.table != before { try self.file?.write(self.table) }
    }

    /// Where reading starts in topics without a cursor: kept, so that nothing is missed before the first message.
    public mutating func started(at cursors: [String: String]) throws {
        let before = self.table
        self.table.adopt(cursors)
        if self.table != before { try self.file?.write(self.table) }
    }
}
