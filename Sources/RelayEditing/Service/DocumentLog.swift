import NIOCore
import RelayCore
import RelayWire

/// How far a document has read its topic, and how much of that no snapshot stands for. Decides when there is to be another.
struct DocumentLog {
    /// The newest message that was taken.
    private(set) var position = MessageID.zero
    /// The history that it belongs to; 0 before there is one.
    private(set) var epoch = StreamEpoch.none.id
    private(set) var snapshotBytes = 0
    private(set) var updates = 0
    private(set) var updateBytes = 0
    /// Of these, what was there when no snapshot could be made or stored: it is tried again once as much has come.
    private var given = (updates: 0, bytes: 0)

    /// Of all that the stream holds for readers, bytes.
    var bytes: Int { self.snapshotBytes + self.updateBytes }

    var cursor: Cursor {
        self.epoch == StreamEpoch.none.id ? .after(self.position) : .inEpoch(self.epoch, after: self.position)
    }

    mutating func take(_ messages: [Message], in epoch: UInt64) {
        self.epoch = epoch
        for message in messages {
            self.position = message.id
            if message.isSnapshot {
                self.snapshotBytes = message.payload.readableBytes
                (self.updates, self.updateBytes) = (0, 0)
                self.given = (0, 0)
            } else {
                self.updates += 1
                self.updateBytes += message.payload.readableBytes
            }
        }
    }

    /// What was known at `earlier` is a snapshot now.
    mutating func compacted(to bytes: Int, from earlier: DocumentLog) {
        self.snapshotBytes = bytes
        self.updates = max(0, self.updates - earlier.updates)
        self.updateBytes = max(0, self.updateBytes - earlier.updateBytes)
        self.given = (0, 0)
    }

    /// There is no snapshot of what was known at `earlier`.
    mutating func gaveUp(at earlier: DocumentLog) {
        self.given = (min(self.updates, earlier.updates), min(self.updateBytes, earlier.updateBytes))
    }

    func isDue(_ settings: DocumentSettings) -> Bool {
        let (updates, bytes) = (self.updates - self.given.updates, self.updateBytes - self.given.bytes)
        return updates >= settings.compactionUpdates
            || self.updates > 1 && bytes > max(settings.compactionBytes, self.snapshotBytes)
    }

    /// Whether what nobody uses any more is worth a snapshot.
    func isWorthwhileAtEnd(_ settings: DocumentSettings) -> Bool {
        self.updates > max(1, settings.compactionUpdates / 100)
    }
}
