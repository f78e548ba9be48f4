public import RelayWire

/// Up to where a named reader has acknowledged: an id, and the history that it belongs to.
public struct ReaderPosition: Hashable, Sendable, CustomStringConvertible {
    /// The epoch's id; 0 where the topic had no message yet.
    public let epoch: UInt64
    /// The id of the last message that is done with; ``RelayWire/MessageID/zero`` for none.
    public let id: MessageID

    public init(epoch: UInt64, id: MessageID) {
        self.epoch = epoch
        self.id = id
    }

    /// What a client says that it is done with, up to and including a message.
    ///
    /// - Returns: nil for what no reader of this stream can be done with: what is no id, lies beyond the end, or belongs to another history.
    public init?(acknowledged cursor: Cursor, in bounds: StreamBounds) {
        switch cursor {
        case .oldest: return nil
        case .inEpoch(let epoch, after: _) where epoch != bounds.epoch.id: return nil
        case .after(let id), .inEpoch(_, after: let id):
            guard id <= bounds.last else { return nil }
            self.init(epoch: bounds.epoch.id, id: id)
        }
    }

    /// From where a reader goes on.
    public var cursor: Cursor {
        self.epoch == StreamEpoch.none.id ? .after(self.id) : .inEpoch(self.epoch, after: self.id)
    }

    /// Whether an acknowledgement of `other` moves a reader that stands here. Who acknowledges something of another epoch has seen that one
    /// in force.
    public func isMoved(by other: ReaderPosition) -> Bool {
        self.epoch != other.epoch || self.id < other.id
    }

    /// As clients see it: `epoch@id`, or an id alone where there is no epoch.
    public var description: String {
        StreamEpoch.told(self.epoch).map { "\($0)@\(self.id)" } ?? "\(self.id)"
    }
}
