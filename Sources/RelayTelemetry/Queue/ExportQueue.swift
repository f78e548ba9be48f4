import NIOCore
import RelayCore
import Synchronization

/// What waits to be exported of one kind, and what has become of it. Adding never waits.
///
/// Owner of the queue: its lock. What it holds is charged to the ledger's account of telemetry. Where that has no room, as where the queue
/// has none, older items go.
final class ExportQueue<Item: QueuedItem>: Sendable {
    private struct State {
        var queue: TelemetryQueue<Item>
        /// When the first of those that wait came.
        var since: NIODeadline?
    }

    let counts: ExportCounts
    private let memory: MemoryLedger
    private let uptime: @Sendable () -> NIODeadline
    private let state: Mutex<State>

    init(maxBytes: Int, memory: MemoryLedger, uptime: @escaping @Sendable () -> NIODeadline, counts: ExportCounts) {
        self.counts = counts
        self.memory = memory
        self.uptime = uptime
        self.state = Mutex(State(queue: TelemetryQueue(maxBytes: maxBytes)))
    }

    deinit { self.memory.release(self.state.withLock { $0.queue.bytes }, from: .telemetry) }

    /// From any thread.
    func add(_ item: Item) {
        let now = self.uptime()
        let dropped = self.state.withLock { state in
            if state.since == nil { state.since = now }
            let (dropped, change) = state.queue.add(item)
            if change <= 0 {
                self.memory.release(-change, from: .telemetry)
                return dropped
            }
            guard !self.memory.charge(change, to: .telemetry) else { return dropped }
            // The others' room is not telemetry's: as much of its own goes as has come.
            self.memory.add(change, to: .telemetry)
            return dropped + self.shed(change, &state.queue)
        }
        if dropped > 0 { self.counts.dropped(dropped, .full) }
    }

    private func shed(_ bytes: Int, _ queue: inout TelemetryQueue<Item>) -> Int {
        var (left, dropped) = (bytes, 0)
        while left > 0, let freed = queue.dropOldest() {
            self.memory.release(freed, from: .telemetry)
            left -= freed
            dropped += 1
        }
        return dropped
    }

    var waiting: Int { self.state.withLock { $0.queue.count } }

    /// Takes a batch where there is a full one, or where the first has waited for long enough.
    ///
    /// - Parameters:
    ///   - most: items of a batch.
    ///   - delay: how long an item waits for others.
    /// - Returns: nil where it is not time yet. Else say ``finished()`` once its fate is known.
    func batch(_ most: Int, after delay: TimeAmount) -> [Item]? {
        let now = self.uptime()
        return self.state.withLock { state in
            guard let since = state.since, state.queue.count > 0 else { return nil }
            guard state.queue.count >= most || now >= since + delay else { return nil }
            let batch = state.queue.take(most)
            state.since = state.queue.count > 0 ? since : nil
            return batch
        }
    }

    /// What was taken could not be delivered, and waits again.
    func putBack(_ batch: [Item]) {
        let now = self.uptime()
        self.state.withLock { state in
            state.queue.putBack(batch)
            state.since = now
        }
    }

    func finished() {
        self.state.withLock { self.memory.release($0.queue.delivered(), from: .telemetry) }
    }
}
