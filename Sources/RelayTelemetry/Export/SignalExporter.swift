import Logging
import NIOCore
import RelayCore

/// Delivers the items of one queue, batch after batch, each until it is taken, refused or given up.
struct SignalExporter<Item: QueuedItem>: Sendable {
    /// Items of a batch.
    static var most: Int { 512 }
    /// How long an item waits for others.
    static var delay: TimeAmount { .seconds(2) }
    /// How often the queue is looked at.
    private static var look: Duration { .milliseconds(250) }

    let queue: ExportQueue<Item>
    let line: ExportLine
    let encode: @Sendable ([Item]) -> ByteBuffer?

    /// Until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            while let batch = self.queue.batch(Self.most, after: Self.delay) { await self.deliver(batch) }
            try? await Task.sleep(for: Self.look)
        }
    }

    private func deliver(_ batch: [Item]) async {
        guard let message = self.encode(batch) else { return self.finished(batch, lost: .refused) }
        let begun = ContinuousClock.now
        var attempt = 0
        while true {
            attempt += 1
            guard case .later(let asked) = await self.line.send(message, items: batch.count) else {
                return self.finished(batch, lost: nil)
            }
            // Who is cancelled can send nothing: ``flush()`` does.
            guard !Task.isCancelled else { return self.queue.putBack(batch) }
            guard ContinuousClock.now - begun < self.line.retries.patience else {
                return self.finished(batch, lost: .unreachable)
            }
            let pause = self.line.retries.pause(after: attempt, asked: asked, chance: .random(in: 0...1))
            try? await Task.sleep(for: pause)
        }
    }

    private func finished(_ batch: [Item], lost loss: ExportLoss?) {
        if let loss { self.queue.counts.dropped(batch.count, loss) }
        self.queue.finished()
    }

    /// Sends all that waits, each batch once.
    func flush() async {
        while let batch = self.queue.batch(Self.most, after: .zero) {
            guard let message = self.encode(batch) else {
                self.finished(batch, lost: .refused)
                continue
            }
            let outcome = await self.line.sendLast(message, items: batch.count)
            if case .later = outcome {
                self.finished(batch, lost: .unreachable)
            } else {
                self.finished(batch, lost: nil)
            }
        }
    }
}
