import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// One long poll: readers on each of its topics, until there is something to answer with or its time is up.
///
/// It registers on every topic before it looks at any, so nothing can fall between looking and waiting. While it waits it
/// costs this object and its readers; no task, no thread. Lives on its connection's loop.
final class PollSession {
    /// Messages of one topic in one answer.
    static let maxMessagesPerTopic = 100
    /// Once the messages of an answer cost this much, the rest is left for the next poll, and `has_more` says so.
    static let maxAnswerBytes = 1 << 20
    /// Smaller answers are charged when they are written, if they are not taken at once.
    private static let largeAnswer = 16 << 10

    private enum Phase {
        /// Readers are being registered and started: too early to answer.
        case gathering
        case waiting
        case done
    }

    /// What was found on one topic.
    private struct Found {
        var reader: Reader?
        var messages: [Message] = []
        var gap: Gap?
        /// In which the client's next cursor on the topic is.
        var epoch: UInt64?
    }

    let exchange: Exchange
    let session: Session
    private let route: PollRoute
    private let keys: [TopicKey]
    /// What was found on each topic, in the order of the keys.
    private var found: [Found]
    /// Nil where the poll asks for nobody's presence, and once it is over. The two hold each other meanwhile.
    private var presence: PollPresence?
    private var place: PollWaiters.Place?
    /// Held from the join to the end.
    private var share: SubscriptionQuota.Share?
    private var bytes = 0
    /// For what was found, once it is much.
    private var charges: [MemoryCharge] = []
    private var chargedBytes = 0
    /// Whether there was no room for more: the rest is left for the next poll.
    private var isOutOfMemory = false
    private var phase = Phase.gathering
    /// When to answer with nothing. The loop's ticker looks at it: a timer of its own would double what waiting costs.
    private var deadline = NIODeadline.distantFuture
    private var inquiry = PeerInquiry()

    init(
        exchange: Exchange,
        session: Session,
        route: PollRoute,
        place: consuming PollWaiters.Place,
        keys: [TopicKey]
    ) {
        self.exchange = exchange
        self.session = session
        self.route = route
        self.keys = keys
        self.found = keys.map { _ in Found() }
        self.place = consume place
    }

    /// Answers with what is there already, or starts to wait.
    ///
    /// - Parameter joined: readers on all topics, in the order of the keys.
    func start(_ joined: consuming JoinedReaders, timeout: TimeAmount) {
        guard let state = self.exchange.loop.current else { return }
        let readers = joined.readers
        self.share = consume joined.share
        for (index, reader) in readers.enumerated() { self.found[index].reader = reader }
        state.connections.add(self)
        self.exchange.activity = self
        for reader in readers { state.readers.start(reader) }
        self.wait(timeout)
    }

    private func wait(_ timeout: TimeAmount) {
        self.phase = .waiting
        if let loss = self.presence?.loss { self.lost(loss) }
        self.finishIfReady()
        guard case .waiting = self.phase else { return }
        if self.exchange.connection.isShuttingDown { return self.finish() }
        self.place?.wait(on: self.keys)
        self.deadline = .now() + timeout
        if self.exchange.connection.isInputClosed { self.inputClosed() }
        self.exchange.trimHead()
    }

    // MARK: Ending

    /// Answers once there is something and every look at the store has ended, so that the answer is whole.
    private func finishIfReady() {
        guard case .waiting = self.phase,
            self.presence?.reports.isEmpty == false || self.found.contains(where: { !$0.messages.isEmpty })
        else { return }
        guard !self.found.contains(where: { $0.reader?.isReading ?? false }) else { return }
        self.finish()
    }

    private func finish() {
        guard case .waiting = self.phase else { return }
        let hasMore = self.found.contains { $0.reader?.isBlocked ?? false }
        let reports = self.presence?.reports ?? []
        self.end()
        let body = self.answerBody(reports, hasMore: hasMore)
        self.found = []
        self.charges = []
        self.exchange.answer(Reply(.ok, json: body))
    }

    private func fail(_ reply: Reply) {
        guard case .waiting = self.phase else { return }
        self.end()
        self.exchange.answer(reply)
    }

    private func end() {
        self.phase = .done
        self.share = nil
        self.place = nil
        self.exchange.loop.current?.connections.remove(self)
        self.leave()
        self.presence?.desk.close()
        self.presence = nil
    }

    private func leave() {
        for index in self.found.indices {
            if let reader = self.found[index].reader {
                self.found[index].epoch = reader.toldEpoch
                self.exchange.loop.current?.readers.leave(reader)
            }
            self.found[index].reader = nil
        }
    }

    private func answerBody(_ reports: [PollResponse.Presence], hasMore: Bool) -> ByteBuffer {
        var answer = PollAnswer()
        for (key, found) in zip(self.keys, self.found) {
            answer.add(found.messages, of: key.name, gap: found.gap, epoch: found.epoch)
        }
        for report in reports { answer.add(report) }
        self.route.metrics.delivered(answer.count, by: .poll)
        return answer.encoded(hasMore: hasMore)
    }
}

// MARK: - Reading

extension PollSession: ReaderSink {
    func capacity(for reader: Reader) -> Int {
        guard self.hasRoom else { return 0 }
        return Self.maxMessagesPerTopic - self.found[reader.tag].messages.count
    }

    private var hasRoom: Bool { self.bytes < Self.maxAnswerBytes && !self.isOutOfMemory }

    func deliver(_ gap: Gap, to reader: Reader) {
        // An answer tells of one for each topic: it goes from the first one's beginning to the last one's end.
        let after = self.found[reader.tag].gap?.after ?? gap.after
        self.found[reader.tag].gap = Gap(after: after, resumedFrom: gap.resumedFrom, epoch: gap.epoch)
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.found[reader.tag].messages += batch.messages
        self.bytes += batch.messages.reduce(0) { $0 + $1.answerCost }
        self.chargeIfLarge()
    }

    private func chargeIfLarge() {
        guard self.bytes > Self.largeAnswer else { return }
        if let charge = self.exchange.services.memory.hold(self.bytes - self.chargedBytes, in: .answers) {
            self.charges.append(charge)
            self.chargedBytes = self.bytes
        } else {
            self.isOutOfMemory = true
        }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        self.found[reader.tag].reader = nil
        switch reason {
        case .accessLost:
            self.found[reader.tag] = Found()
            self.endIfAlone(Reply(BrokerError.denied))
        case .topicDeleted: self.endIfAlone(nil)
        case .storeFailed(let error): self.fail(Reply(BrokerError.store(error)))
        }
    }

    /// A poll whose last topic is lost has nothing to wait for.
    private func endIfAlone(_ reply: Reply?) {
        guard !self.found.contains(where: { $0.reader != nil }), self.presence?.desk.count ?? 0 == 0 else { return }
        if let reply { self.fail(reply) } else { self.finish() }
    }

    func flush() {
        self.finishIfReady()
    }
}

// MARK: - Who is on topics

extension PollSession: PresenceAudience {
    /// Takes a seat at each topic whose presence is asked for, before the poll begins.
    func sit(
        at places: [PresenceDesk.Place],
        among desks: PresenceDesks,
        by joiner: Joiner,
        then body: @escaping (Result<Void, JoinRefusal>) -> Void
    ) {
        let desk = PresenceDesk(self, among: desks, joiner: joiner)
        self.presence = PollPresence(desk)
        // From here on it has something to give up where its client leaves.
        self.exchange.activity = self
        desk.sit(at: places, isWatching: true) { result in
            body(result.map { seats in for seat in seats { desk.show(seat) } })
        }
    }

    /// The poll does not begin: its client is answered otherwise.
    func giveUp() { self.end() }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.exchange.suspend(work, then: body)
    }

    var takesPresence: Bool { self.hasRoom && !self.isOver }

    private var isOver: Bool { if case .done = self.phase { true } else { false } }

    /// One for each topic: what comes then is the next poll's.
    func show(_ handout: PresenceHandout, at seat: PresenceSeat) {
        seat.isWatching = false
        let report = handout.encoded(as: Format.self)
        self.presence?.reports.append(PollResponse.Presence(topic: handout.topic.rawValue, report: report))
        self.bytes += report.readableBytes
        self.chargeIfLarge()
    }

    /// Who may not read a topic any more is not told who was there before.
    func presenceEnded(_ seat: PresenceSeat, on topic: TopicName, _ reason: ReaderEnd) {
        if case .accessLost = reason { self.presence?.reports.removeAll { $0.topic == topic.rawValue } }
        if case .gathering = self.phase { self.presence?.loss = reason } else { self.lost(reason) }
    }

    private func lost(_ reason: ReaderEnd) {
        switch reason {
        case .accessLost: self.endIfAlone(Reply(BrokerError.denied))
        case .topicDeleted: self.endIfAlone(nil)
        case .storeFailed(let error): self.fail(Reply(BrokerError.store(error)))
        }
    }

    func flushPresence() { self.finishIfReady() }

    /// Hand-outs as JSON objects.
    private enum Format: PresenceFormat {
        static func encode(_ handout: PresenceHandout) -> ByteBuffer {
            let report = PresenceReport(handout)
            var object = ByteBuffer()
            object.reserveCapacity(report.size)
            report.write(into: &object)
            return object
        }
    }
}

/// What a poll has of presence, where it asks for some.
private final class PollPresence {
    let desk: PresenceDesk
    /// What was found.
    var reports: [PollResponse.Presence] = []
    /// Why the last one ended that did before the poll began to wait.
    var loss: ReaderEnd?

    init(_ desk: PresenceDesk) {
        self.desk = desk
    }
}

extension PollSession: SessionSink {
    var loop: DeliveryLoop { self.exchange.loop }
    var readers: [Reader] { self.found.compactMap(\.reader) }

    func end(for refusal: AccessError) { self.fail(Reply(refusal)) }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.fail(Reply(AccessError(.invalidToken)))
    }
}

extension PollSession: ExchangeActivity {
    var isEndless: Bool { false }

    var facts: ConnectionFacts? {
        let topics = self.keys.count + (self.presence?.desk.count ?? 0)
        return ConnectionFacts(.poll, user: self.session.account.id, topics: topics)
    }

    func cancelled() {
        if !self.isOver { self.end() }
    }

    func drained() {}

    /// The wait is a short one where the peer can't be asked whether it is still there.
    func inputClosed() {
        if self.exchange.head.version != .http1_0 {
            self.inquiry.begin(at: .now() + PeerInquiry.interval)
        } else {
            self.deadline = min(self.deadline, .now() + 2 * PeerInquiry.interval)
        }
    }

    /// - Note: within a second after the deadline, as often as the loop ticks.
    func tick(_ now: NIODeadline) {
        if now >= self.deadline { return self.finish() }
        if self.inquiry.isDue(at: now) { self.exchange.connection.sayContinue(to: self.exchange) }
    }

    func relayStopping() {
        self.finish()
    }
}
