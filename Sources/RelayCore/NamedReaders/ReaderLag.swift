import RelayWire
import Synchronization

/// How many messages a reader has yet to acknowledge. Worked out from positions: no message is read or counted for it.
public struct ReaderLag: Hashable, Sendable {
    /// Messages whose `ttl` ran out may still be counted.
    public let messages: Int
    /// False where the reader stands between the oldest message kept and those in memory. Then the number is estimated, by the time between
    /// the messages' ids.
    public let isExact: Bool

    /// What is known of a stream at one instant.
    struct Stream {
        let bounds: StreamBounds
        /// The hot tier has all that the store keeps after this id.
        let hotFloor: MessageID
        /// How many messages the hot tier has after the reader's id, and in all.
        let hotAfter: Int
        let hotCount: Int
    }

    /// - Parameter oldest: the id of the oldest message kept, where it is known.
    init(of position: ReaderPosition, in stream: Stream, oldest: MessageID? = nil) {
        let bounds = stream.bounds
        let start = position.cursor.place(in: bounds).start
        if start >= bounds.last {
            self.init(messages: 0, isExact: true)
        } else if start <= bounds.trimmedThrough || oldest.map({ start < $0 }) ?? false {
            self.init(messages: bounds.count, isExact: true)
        } else if start >= stream.hotFloor {
            self.init(messages: stream.hotAfter, isExact: true)
        } else {
            let floor = min(stream.hotFloor, bounds.last)
            let colder = max(0, bounds.count - stream.hotCount)
            let share = Self.share(of: start, from: oldest ?? bounds.trimmedThrough, to: floor)
            let estimate = stream.hotCount + Int((Double(colder) * share).rounded())
            self.init(messages: max(1, min(bounds.count, estimate)), isExact: false)
        }
    }

    private init(messages: Int, isExact: Bool) {
        self.messages = messages
        self.isExact = isExact
    }

    /// Which share of the time between two ids lies after a third.
    private static func share(of id: MessageID, from start: MessageID, to end: MessageID) -> Double {
        guard start.milliseconds < end.milliseconds else { return 1 }
        let whole = Double(end.milliseconds - start.milliseconds)
        guard id.milliseconds < end.milliseconds else { return 0 }
        return min(1, Double(end.milliseconds - id.milliseconds) / whole)
    }
}

extension Topic {
    /// How far a reader is behind, as far as memory knows.
    ///
    /// - Parameter oldest: the id of the oldest message kept, where it is known.
    func lag(of position: ReaderPosition, oldest: MessageID? = nil) -> ReaderLag {
        let stream = self.state.withLock { state in
            let start = position.cursor.place(in: state.bounds).start
            return ReaderLag.Stream(
                bounds: state.bounds,
                hotFloor: state.hot.floor,
                hotAfter: state.hot.count(after: start),
                hotCount: state.hot.messages.count
            )
        }
        return ReaderLag(of: position, in: stream, oldest: oldest)
    }
}
