import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// What a webhook's deliveries keep in order, each on its own: a topic's messages, and who reads it.
enum WebhookLane: Hashable, Sendable {
    case messages(TopicKey)
    case readers(TopicKey)
}

/// Delivers for one webhook, for as long as this relay has its lease.
///
/// The webhook is a reader of its topics, whose places are kept with those of its user's named readers. A page of messages is read from the
/// stream, posted, and acknowledged after the receiver's 2xx. What a broken-off run has posted and not acknowledged is posted again.
///
/// Owner of what is known of its topics, and of how it goes: its lock.
final class WebhookRun: Sendable {
    /// A topic's.
    struct Place {
        var topic: Topic?
        /// Up to where the receiver has it; nil where the topic has none of its messages yet.
        var position: ReaderPosition?
        /// When the store was told last that the place is in use.
        var usedAt: NIODeadline
        let charge: MemoryCharge
    }

    /// Why it has ended by itself.
    enum End: Equatable {
        case dead(String)
        /// Its user is gone, and it with them.
        case removed
        /// It does not go on by itself.
        case paused(String)
    }

    struct State {
        var lanes: DeliveryLanes<WebhookLane>
        var places: [TopicKey: Place] = [:]
        var health: WebhookHealth
        /// Whether something failed after the turn before.
        var wasFailing: Bool
        /// Whether the store does not have the health yet.
        var isDirty = false
        var leaseEnd: NIODeadline
        var account: Account?
        var end: End?
        var isStopped = false
        var occupancy: TopicOccupancy
        /// Whether it was said once which topics have readers.
        var knowsReaders = false
        /// For when the loop is to be called again.
        var alarm: NIODeadline?
        /// What the log has of it.
        var said: Said

        /// Takes note of why it has ended.
        ///
        /// - Returns: whether that is news.
        fileprivate mutating func note(endAt now: Timestamp) -> Bool {
            switch self.end {
            case .dead(let reason) where self.health.death == nil:
                self.health.death = WebhookHealth.Death(at: now, reason: reason)
            case .paused(let reason) where self.health.pauseReason == nil: self.health.pauseReason = reason
            case .dead, .paused, .removed, nil: return false
            }
            return true
        }
    }

    let webhook: StoredWebhook
    let services: WebhookServices
    let state: Mutex<State>
    private let news: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let stopping: AsyncStream<Void>
    private let stopSignal: AsyncStream<Void>.Continuation

    /// - Parameter leaseEnd: until when no other relay delivers for it.
    init(_ webhook: StoredWebhook, _ services: WebhookServices, leaseEnd: NIODeadline) {
        self.webhook = webhook
        self.services = services
        let failing = webhook.health.failingSince.map { since in
            TimeAmount.microseconds(max(0, services.clock.now().microseconds - since.microseconds))
        }
        self.state = Mutex(
            State(
                lanes: DeliveryLanes(width: services.settings.width, failingFor: failing),
                health: webhook.health,
                wasFailing: webhook.health.failingSince != nil,
                leaseEnd: leaseEnd,
                occupancy: TopicOccupancy(
                    most: services.settings.maxTopics,
                    told: webhook.health.occupied.compactMap {
                        services.broker.catalog.key(ofPath: $0, for: webhook.user)
                    },
                    charge: { services.memory.holdAnyway(Self.bytesPerReadTopic, in: .readers) }
                ),
                said: Said(isFailing: webhook.health.failingSince != nil)
            )
        )
        (self.news, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (self.stopping, self.stopSignal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var reader: ReaderName? { self.webhook.readerName }

    // MARK: From outside

    func renew(until leaseEnd: NIODeadline) { self.state.withLock { $0.leaseEnd = leaseEnd } }

    /// Ends it, soon. What is under way may still be answered.
    func stop() {
        self.state.withLock { $0.isStopped = true }
        self.stopSignal.yield()
    }

    // MARK: Running

    /// Returns when it is stopped, has ended by itself, or its task is cancelled.
    func run() async {
        let watch = TopicWatch { [weak self] topic in self?.wake(.messages(topic.key)) }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.findTopics(watch) }
            tasks.addTask { await self.deliver(watch) }
            tasks.addTask { for await _ in self.stopping { break } }
            await tasks.next()
            tasks.cancelAll()
        }
        let topics = self.state.withLock { state in
            defer { state.places = [:] }
            return state.places.values.compactMap(\.topic)
        }
        for topic in topics { watch.end(topic) }
        await self.recordHealth()
    }

    func wake(_ lane: WebhookLane) {
        self.state.withLock { $0.lanes.wake(lane) }
        self.signal.yield()
    }

    func wakeLoop() { self.signal.yield() }

    private func deliver(_ watch: TopicWatch) async {
        await withDiscardingTaskGroup { deliveries in
            while !Task.isCancelled, self.state.withLock({ $0.end == nil && !$0.isStopped }) {
                switch self.state.withLock({ $0.lanes.next(at: self.services.clock.uptime()) }) {
                case .deliver(let lane):
                    deliveries.addTask {
                        let outcome =
                            switch lane {
                            case .messages(let key): await self.turn(key, watch)
                            case .readers(let key): await self.tellReaders(of: key)
                            }
                        let isNews = self.finished(lane, outcome)
                        self.signal.yield()
                        if isNews { await self.recordHealth() }
                    }
                case .wait(let moment):
                    if self.setAlarm(moment) { deliveries.addTask { await self.ring(at: moment) } }
                    for await _ in self.news { break }
                case .rest:
                    for await _ in self.news { break }
                }
            }
            deliveries.cancelAll()
        }
    }

    private func setAlarm(_ moment: NIODeadline) -> Bool {
        self.state.withLock { state in
            if let alarm = state.alarm, alarm <= moment { return false }
            state.alarm = moment
            return true
        }
    }

    private func ring(at moment: NIODeadline) async {
        try? await Task.sleep(for: Duration(moment - self.services.clock.uptime()))
        self.state.withLock { state in if state.alarm == moment { state.alarm = nil } }
        self.signal.yield()
    }

    /// Takes note of what a turn has come to; gives the webhook up where that is due.
    ///
    /// - Returns: whether it fails now and did not before, or the other way round: that is kept at once.
    private func finished(_ lane: WebhookLane, _ outcome: DeliveryLanes<WebhookLane>.Outcome) -> Bool {
        let now = self.services.clock.uptime()
        let chance = Double.random(in: 0..<1)
        return self.state.withLock { state in
            state.lanes.finished(lane, outcome, at: now, chance: chance)
            if case .delivered = outcome, state.health.failingSince != nil, state.lanes.failingFor(at: now) == nil {
                state.health.failingSince = nil
                state.isDirty = true
            }
            if case .failed = outcome, state.end == nil, let time = state.lanes.failingFor(at: now),
                time >= self.services.settings.deadAfter
            {
                let reason = "Deliveries have failed for \(time.nanoseconds / 1_000_000_000) seconds"
                state.end = .dead(state.health.last.map { "\(reason), the last one: \($0.text)" } ?? reason)
            }
            let isFailing = state.health.failingSince != nil
            defer { state.wasFailing = isFailing }
            return isFailing != state.wasFailing
        }
    }

    // MARK: How it goes

    /// Keeps how it goes, where that has changed. A store that can't now is asked again with the next change or look.
    func recordHealth() async {
        let now = self.services.clock.now()
        let uptime = self.services.clock.uptime()
        let (health, isDirty, news) = self.state.withLock { state in
            let hasEnded = state.note(endAt: now)
            if hasEnded { state.isDirty = true }
            let news = state.said.news(of: state.health, hasEnded: hasEnded, at: uptime)
            let lag = state.places.values.reduce(0) { sum, place in
                guard let topic = place.topic, let position = place.position else { return sum }
                return sum + self.services.cursors.lag(of: position, in: topic)
            }
            if !state.places.isEmpty, state.health.lag != lag {
                state.health.lag = lag
                state.isDirty = true
            }
            return (state.health, state.isDirty, news)
        }
        if let news { self.say(news, health) }
        guard isDirty else { return }
        do throws(StoreError) {
            _ = try await self.services.store.recordHealth(
                health,
                ofWebhook: self.webhook.id,
                revision: self.webhook.revision
            )
            self.state.withLock { state in if state.health == health { state.isDirty = false } }
        } catch {
            self.services.logger.debug("a webhook's health is not stored", metadata: ["error": "\(error)"])
        }
    }

    func note(_ text: String, isSuccess: Bool) {
        let now = self.services.clock.now()
        self.state.withLock { state in
            state.health.last = WebhookHealth.Outcome(at: now, text: text, isSuccess: isSuccess)
            if !isSuccess, state.health.failingSince == nil { state.health.failingSince = now }
            state.isDirty = true
        }
    }

    /// Whether no other relay can deliver meanwhile what is posted now.
    var hasLease: Bool {
        let end = self.services.clock.uptime() + self.services.poster.patience
        return self.state.withLock { end < $0.leaseEnd && !$0.isStopped }
    }

    /// What it is, for metrics.
    var standing: (isFailing: Bool, lag: Int) {
        self.state.withLock { ($0.health.failingSince != nil, $0.health.lag) }
    }
}

extension StoredWebhook {
    /// The name of its readers: one for each of its topics.
    var readerName: ReaderName? { ReaderName("webhook-" + self.id) }
}
