import Logging
import NIOCore
import RelayCore
import RelayMetrics
import Synchronization

/// Tells one receiver of events: those that are only told wait in a queue until it has them, those that are asked are answered at once.
///
/// Owner of the queue: its lock. Bodies that wait are charged.
final class Webhook: MetricCollector {
    private let client: WebhookClient
    private let memory: MemoryLedger
    private let counts: WebhookCounts
    private let clock: RelayClock
    private let logger: Logger
    private let queue = Mutex(WebhookQueue())
    private let news: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(_ client: WebhookClient, memory: MemoryLedger, events: [String], clock: RelayClock, logger: Logger) {
        self.client = client
        self.memory = memory
        self.counts = WebhookCounts(events: events)
        self.clock = clock
        self.logger = logger
        (self.news, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Events that wait.
    var waiting: Int { self.queue.withLock { $0.count } }

    func collect() -> [MetricSample] { self.counts.samples + [RelayMetric.webhookWaiting.sample(self.waiting)] }

    // MARK: Telling

    /// Has the receiver told of an event; it waits its turn. From any thread.
    ///
    /// - Parameters:
    ///   - name: the event's.
    ///   - key: of events with the same key only the newest is told.
    func tell(_ name: String, replacing key: String? = nil, _ body: ByteBuffer) {
        guard self.memory.charge(body.readableBytes, to: .waiting) else { return self.counts.ended(name, .dropped) }
        switch self.queue.withLock({ $0.add(name, key, body, at: self.clock.uptime()) }) {
        case .waiting: self.signal.yield()
        case .replacing(let old): self.memory.release(old.body.readableBytes, from: .waiting)
        case .full:
            self.memory.release(body.readableBytes, from: .waiting)
            self.counts.ended(name, .dropped)
        }
    }

    /// Asks the receiver about something, now and once.
    ///
    /// - Returns: nil where it does not answer.
    func ask(_ name: String, _ body: ByteBuffer) async -> WebhookClient.Answer? {
        do {
            let answer = try await self.client.post(body)
            self.counts.ended(name, answer.isSuccess ? .delivered : .refused)
            return answer
        } catch {
            self.counts.failed(name)
            self.counts.ended(name, .expired)
            self.logger.warning("a webhook does not answer", metadata: ["event": "\(name)", "error": "\(error)"])
            return nil
        }
    }

    // MARK: Delivering

    /// Delivers what is told. Returns when its task is cancelled.
    func run() async {
        while !Task.isCancelled {
            switch self.queue.withLock({ $0.next(at: self.clock.uptime()) }) {
            case .deliver(let event): await self.deliver(event)
            case .wait(let moment): try? await Task.sleep(for: Duration(moment - self.clock.uptime()))
            case .rest: for await _ in self.news { break }
            }
        }
        await self.client.close()
        let waiting = self.waiting
        guard waiting > 0 else { return }
        self.logger.warning("the relay stops before a webhook has all events", metadata: ["events": "\(waiting)"])
    }

    private func deliver(_ event: WebhookQueue.Event) async {
        let outcome = await self.attempt(event)
        let done = self.queue.withLock { $0.finish(outcome, at: self.clock.uptime()) }
        guard let done else { return }
        self.memory.release(done.event.body.readableBytes, from: .waiting)
        let isDelivered = if case .delivered = outcome { true } else { false }
        self.counts.ended(event.name, isDelivered ? .delivered : done.isGivenUp ? .expired : .refused)
        if !isDelivered { self.logger.warning("a webhook's event is not told", metadata: ["event": "\(event.name)"]) }
    }

    private func attempt(_ event: WebhookQueue.Event) async -> WebhookQueue.Outcome {
        let status: Int
        do {
            status = try await self.client.post(event.body).status
        } catch {
            self.counts.failed(event.name)
            self.logger.debug("a webhook does not answer", metadata: ["event": "\(event.name)", "error": "\(error)"])
            return .failed
        }
        switch status {
        case 200..<300: return .delivered
        // What the receiver has no time for now it may have later. All else of 4xx it has looked at.
        case 408, 425, 429, 500...: break
        default: return .refused
        }
        self.counts.failed(event.name)
        self.logger.debug("a webhook failed", metadata: ["event": "\(event.name)", "status": "\(status)"])
        return .failed
    }

    /// Returns once nothing waits, or the receiver takes nothing.
    func settled(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while self.waiting > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
    }
}
