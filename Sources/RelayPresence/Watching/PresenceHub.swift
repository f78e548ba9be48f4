import NIOCore
import RelayCore
import RelayWire

/// Who is on one topic, as a loop knows it: read from the store when the first seat is taken, and moved on by what a reader of its own is handed.
/// All seats are shown the same roster; each stands at a place of its own behind it, and is told when there is more.
///
/// However many sit there, the stream is read once. Only its own reader moves it on: what another one is handed may lie further on.
final class PresenceHub {
    let topic: Topic
    private let loop: PresenceLoop
    private var reader: Reader?
    private var seats: [ObjectIdentifier: PresenceSeat] = [:]
    /// Whether the seats have yet to be told that the roster has moved.
    private var hasMoved = false

    /// Nil until it was read once.
    private(set) var roster: Roster?
    /// The id of the history that the roster is of.
    private(set) var epoch = StreamEpoch.none.id
    /// Counts the rosters that do not go on from the one before: whoever stood in an earlier one is shown all.
    private(set) var generation = 0
    private var reading: Reading?
    private var readings = 0
    /// The history for which it was read anew last: once is enough, though this relay hears of it later.
    private var rereadFor: UInt64?
    /// When the topic's place was last known for certain.
    private var certainAt: NIODeadline?
    private var vacantSince: NIODeadline?
    private var isClosed = false
    /// What it is charged with.
    private(set) var charged = 0

    private let recent: RecentHandouts

    /// The stream is being read from the store.
    private struct Reading {
        let number: Int
        var pages: RosterReading
        /// What comes meanwhile, and in which history.
        var arrived: [Message] = []
        var arrivedIn: UInt64
    }

    /// So much may come while it is read; then it is read once more.
    private static let mostArrived = 20_000
    private static let retryDelay = TimeAmount.milliseconds(500)
    /// Who has heard nothing certain of a topic for that long may have missed that somebody has gone: that is told for a while only.
    private static let longestUncertainty = TimeAmount.seconds(PresenceWord.secondsOfGone / 2)

    init(_ topic: Topic, on loop: PresenceLoop) {
        self.topic = topic
        self.loop = loop
        self.recent = RecentHandouts(memory: loop.service.memory, on: loop.eventLoop)
    }

    /// The topic that the members are on.
    var root: TopicKey { PresenceTopic.root(of: self.topic.key) ?? self.topic.key }

    /// Nil while that topic does not exist.
    var name: PresenceRoom.Name? {
        self.topic.access.record.map { PresenceRoom.Name(topic: self.root, id: $0.id) }
    }

    /// Whether ``roster`` may be shown.
    var isReady: Bool { self.roster != nil && self.reading == nil && !self.isClosed }

    var service: PresenceService { self.loop.service }
    var eventLoop: any EventLoop { self.loop.eventLoop }

    // MARK: Coming and going

    func open() {
        self.vacantSince = self.service.broker.clock.uptime()
        self.begin()
    }

    /// Hears the topic from here on, and reads what there is.
    private func begin() {
        guard case .joined(let reader) = self.loop.readers.join(self.topic, start: .tail, tag: 0, sink: self) else {
            return self.beginLater()
        }
        self.reader = reader
        self.loop.readers.start(reader)
        self.read()
    }

    /// It hears nothing now: what it shows stays until it does again.
    private func beginLater() {
        self.reader = nil
        self.reading = nil
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: Self.retryDelay) {
            let hub = bound.value
            if !hub.isClosed, hub.reader == nil { hub.begin() }
        }
    }

    func add(_ seat: PresenceSeat) {
        self.seats[ObjectIdentifier(seat)] = seat
        self.vacantSince = nil
    }

    func remove(_ seat: PresenceSeat) {
        guard self.seats.removeValue(forKey: ObjectIdentifier(seat)) != nil, self.seats.isEmpty else { return }
        self.vacantSince = self.service.broker.clock.uptime()
        self.loop.left(self)
    }

    var isVacant: Bool { self.seats.isEmpty }

    func isIdle(since deadline: NIODeadline) -> Bool { self.vacantSince.map { $0 < deadline } ?? false }

    /// Nobody is shown anything any more.
    func close() {
        self.isClosed = true
        self.reading = nil
        if let reader = self.reader { self.loop.readers.leave(reader) }
        self.reader = nil
        self.recent.forget()
        self.charge(0)
    }

    /// Relays of which members are shown here, as what they vouch by.
    var foreignRelays: [Deadline.Name] {
        self.roster.map { self.service.foreignLeases(of: $0, on: self.topic.key) } ?? []
    }

    // MARK: Moving on

    private func take(_ messages: [Message], in epoch: UInt64) {
        guard !self.isClosed, let last = messages.last?.id else { return }
        guard self.reading == nil else { return self.keep(messages, in: epoch) }
        // The reading has brought it already.
        if epoch == self.epoch, last <= self.roster?.position ?? .zero { return }
        // No second reference is kept to what is about to change: it would be copied.
        guard self.roster != nil, epoch == self.epoch, self.roster?.topic == self.topic.access.record?.id else {
            return self.readAgain(for: epoch, with: messages)
        }
        self.fold(messages)
    }

    /// What lay before the next message may be gone.
    private func take(_ gap: Gap) {
        guard self.reading == nil, let position = self.roster?.position else { return }
        guard gap.epoch == self.epoch, gap.resumedFrom ?? .max <= position else {
            return self.readAgain(for: gap.epoch, with: [])
        }
    }

    private func fold(_ messages: [Message]) {
        let name = self.name
        guard var roster = self.roster.take() else { return }
        let before = roster.position
        for message in messages where message.id > roster.position {
            self.take(message, into: &roster, name)
        }
        self.roster = roster
        if roster.position != before { self.moved() }
    }

    private func take(_ message: Message, into roster: inout Roster, _ name: PresenceRoom.Name?) {
        guard let word = PresenceWord(message) else { return roster.pass(to: message.id) }
        roster.take(word, at: message.id)
        // Also where the roster never had the member: its own word may have been replaced before this loop has looked.
        if case .gone = word.content, word.relay != self.service.relay, let name, word.topic == name.id {
            self.service.wasRemoved(word.connection, from: name, at: message.id)
        }
    }

    private func moved() {
        self.recent.forget()
        self.charge(self.roster?.memoryCost ?? 0)
        self.hasMoved = true
    }

    /// Tells those who watch that there is more, once for all that a turn has brought.
    private func tellWatchers() {
        guard self.hasMoved, self.isReady else { return }
        self.hasMoved = false
        for seat in Array(self.seats.values) where seat.isWatching { seat.hubIsReady() }
    }

    /// Small steps are not worth a charge.
    private func charge(_ bytes: Int) {
        guard bytes == 0 || abs(bytes - self.charged) >= 4 << 10 else { return }
        let more = bytes - self.charged
        self.charged = bytes
        if more > 0 {
            self.service.memory.add(more, to: .presence)
        } else {
            self.service.memory.release(-more, from: .presence)
        }
    }

    // MARK: Reading

    /// Looks whether it may have missed something. Called every few seconds.
    func check() {
        guard self.reader != nil, self.reading == nil else { return }
        let certain = self.topic.positionedAt
        let wasUncertain = certain.map { $0 - (self.certainAt ?? $0) > Self.longestUncertainty } ?? false
        self.certainAt = certain
        let bounds = self.topic.bounds
        // Also where it was read for that history already: the store may have answered from an older one.
        if wasUncertain || bounds.epoch.id != self.epoch || self.roster?.topic != self.topic.access.record?.id {
            self.rereadFor = bounds.epoch.id
            self.read()
        }
    }

    private func readAgain(for epoch: UInt64, with messages: [Message]) {
        // The store has told already what this relay hears only now.
        guard epoch == self.epoch || epoch != self.rereadFor else { return }
        self.rereadFor = epoch
        self.read()
        self.keep(messages, in: epoch)
    }

    private func read() {
        self.readings += 1
        self.certainAt = self.topic.positionedAt
        self.reading = Reading(
            number: self.readings,
            pages: RosterReading(self.topic.key),
            arrivedIn: self.reader?.epoch ?? StreamEpoch.none.id
        )
        self.askForPage()
    }

    private func keep(_ messages: [Message], in epoch: UInt64) {
        guard var reading = self.reading.take() else { return }
        if reading.arrivedIn != epoch {
            reading.arrived = []
            reading.arrivedIn = epoch
        }
        reading.arrived += messages
        self.reading = reading
        if reading.arrived.count > Self.mostArrived { self.read() }
    }

    private func askForPage() {
        guard let reading = self.reading else { return }
        let number = reading.number
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let eventLoop = self.eventLoop
        let service = self.service
        service.broker.read(reading.pages.request(at: service.now)) { result in
            eventLoop.execute { bound.value.took(result, number) }
        }
    }

    private func took(_ result: Result<StoredPage, StoreError>, _ number: Int) {
        guard var reading = self.reading.take() else { return }
        guard reading.number == number else { return self.reading = reading }
        switch result {
        case .failure:
            self.reading = reading
            self.tryAgain(number)
        case .success(let page):
            let step = reading.pages.take(page)
            self.reading = reading
            switch step {
            case .goOn: self.askForPage()
            case .anotherHistory: self.read()
            case .done(let words, let bounds): self.finish(words, bounds)
            }
        }
    }

    /// A store that is away now is asked again until it answers.
    private func tryAgain(_ number: Int) {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: Self.retryDelay) {
            if bound.value.reading?.number == number { bound.value.read() }
        }
    }

    private func finish(_ words: [PresenceWord], _ bounds: StreamBounds) {
        let arrived = self.reading
        self.reading = nil
        let name = self.name
        let read = Roster(of: name?.id, reading: words, through: bounds.last)
        self.show(read)
        self.epoch = bounds.epoch.id
        if let name {
            let own = read.members.values.filter { $0.relay == self.service.relay }
            self.service.compare(own, in: name, at: bounds.last)
        }
        self.moved()
        if let arrived, !arrived.arrived.isEmpty { self.take(arrived.arrived, in: arrived.arrivedIn) }
        guard self.isReady else { return }
        self.hasMoved = false
        for seat in Array(self.seats.values) { seat.hubIsReady() }
    }

    /// Goes on with what was read, from what was known before where that is possible.
    private func show(_ read: Roster) {
        if var known = self.roster.take(), known.becomes(read) {
            self.roster = known
        } else {
            self.roster = read
            self.generation += 1
        }
    }

    // MARK: Showing

    /// All who are there.
    func all() -> PresenceHandout? {
        guard self.isReady, let roster = self.roster else { return nil }
        return self.recent.all { charge in
            charge.add(roster.counts.connections * MemoryLayout<PresenceMember>.stride)
            return self.handout(.sync(roster.sorted), of: roster, charge)
        }
    }

    enum Difference {
        case none
        case some(PresenceHandout)
        /// Not known any more, or more than all is.
        case tooMuch
    }

    /// What has changed after a place.
    func difference(after place: MessageID) -> Difference {
        guard self.isReady, let roster = self.roster else { return .none }
        if let known = self.recent.changes(since: place) { return known.map { .some($0) } ?? .none }
        guard place <= roster.position, let changes = roster.changes(after: place) else { return .tooMuch }
        let cost = changes.reduce(0) { $0 + $1.member.cost }
        guard cost <= max(Roster.smallCost, roster.cost) else { return .tooMuch }
        let handout = self.recent.keepChanges(since: place) { charge in
            changes.isEmpty ? nil : self.handout(.changes(changes), of: roster, charge)
        }
        return handout.map { .some($0) } ?? .none
    }

    private func handout(
        _ content: PresenceHandout.Content,
        of roster: Roster,
        _ charge: HandoutCharge
    ) -> PresenceHandout {
        PresenceHandout(
            topic: self.root.name,
            content: content,
            counts: roster.counts,
            cursor: Cursor(epoch: self.epoch, at: roster.position),
            charge: charge
        )
    }
}

extension PresenceHub: ReaderSink {
    var principal: Principal? { .relay }

    func capacity(for reader: Reader) -> Int { .max }

    func deliver(_ gap: Gap, to reader: Reader) { self.take(gap) }

    func deliver(_ batch: Batch, to reader: Reader) { self.take(batch.messages, in: reader.epoch) }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        if case .storeFailed = reason { return self.beginLater() }
        self.reader = nil
        self.loop.remove(self)
        self.close()
    }

    func flush() { self.tellWatchers() }
}
