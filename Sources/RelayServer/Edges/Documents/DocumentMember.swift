import NIOCore
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// One client's part in one document, whatever protocol it speaks: what it says is checked and published here, and what the document's topics
/// bring goes to its ``DocumentLine``. Lives on that line's loop, and keeps no updates: what the client does not take stays in the stream.
///
/// A client's update is published, and comes back to it by the stream like all others': that is its acknowledgement, and comes when the update
/// is as durable as the document promises.
final class DocumentMember {
    private static let denialPause = TimeAmount.seconds(60)
    /// After which the relay asks for what it could not store.
    private static let retryDelay = TimeAmount.seconds(2)

    /// Nil before its part has begun, and once it is over. The two hold each other meanwhile.
    private var line: (any DocumentLine)?
    private(set) var session: Session
    let loop: DeliveryLoop
    let use: DocumentUse
    private let services: DocumentServices
    private var subscriptions = Subscriptions()
    /// Set until the client has said what it has.
    private var unstarted: Reader?
    /// Whether the client has said what it has before the readers had joined.
    private var isAwaited = false
    private var lastDenial: NIODeadline?
    private var isAskingAgain = false
    /// Whether the client has something that was refused, and takes it for sent. What it writes afterwards builds on that.
    private var hasRefused = false
    private var owed = OwedReplies()
    /// Publishes that have no result yet.
    private var underWay = 0
    private var expiry = TokenExpiry()
    /// Of a session's peer.
    private var renewal: TicketRenewal?
    /// Nil where the client's protocol has no messages beside the document.
    private let dialect: StatelessMessage.Dialect?
    /// By which it knows its own messages beside the document.
    private let number = UInt64.random(in: 0..<(1 << 53))

    init(
        _ session: Session,
        _ use: DocumentUse,
        _ services: DocumentServices,
        on loop: DeliveryLoop,
        telling dialect: StatelessMessage.Dialect? = nil
    ) {
        self.session = session
        self.use = use
        self.services = services
        self.loop = loop
        self.dialect = dialect
    }

    private var document: LoadedDocument { self.use.document }

    /// Whether updates are taken from the client now.
    var mayWrite: Bool { self.isAllowedToWrite == true }

    /// Nil where only the store can tell.
    private var isAllowedToWrite: Bool? {
        guard let principal = self.session.standingPrincipal(requiring: .write) else { return false }
        return self.services.documents.mayWrite(self.document, as: principal)
    }

    private func send(_ reply: DocumentReply) { self.line?.send(reply, from: self) }

    /// Says why an update was not taken; not each time.
    private func deny(_ refusal: UpdateRefusal) {
        let now = self.services.clock.uptime()
        if let last = self.lastDenial, now - last < Self.denialPause { return }
        self.lastDenial = now
        self.send(.denied(refusal))
    }

    // MARK: Life

    /// Begins to follow the document: tells of that by ``DocumentLine/began(_:)``, and sends what comes of awareness; of updates nothing, before
    /// ``answer(_:)``.
    func start(on line: any DocumentLine) {
        self.line = line
        self.loop.current?.connections.add(self)
        self.keepTicketFresh()
        let cursors = [self.document.cursor, self.document.awarenessCursor]
        self.services.joiner.join(
            [self.document.key, self.document.awarenessKey]
                + (self.dialect == nil ? [] : [self.document.statelessKey]),
            for: line,
            sink: self,
            as: nil
        ) { place, _ in
            place < cursors.count ? .cursor(cursors[place]) : .tail
        } then: { joined in
            switch consume joined {
            case .success(let joined): self.joined(joined)
            case .failure(let refusal): self.end(refusal.end)
            }
        }
    }

    private func joined(_ joined: consuming JoinedReaders) {
        guard let line = self.line, let readers = self.loop.current?.readers else { return }
        let updates = joined.readers[DocumentPart.updates.rawValue]
        let others = joined.readers.dropFirst()
        self.subscriptions.add(joined)
        self.unstarted = updates
        line.began(self)
        // A socket that takes nothing more has ended this already, and nobody would end what begins now.
        guard self.line != nil else { return }
        for reader in others { readers.start(reader) }
        if self.isAwaited { self.startUpdates() }
    }

    private func startUpdates() {
        guard let reader = self.unstarted.take() else { return }
        self.loop.current?.readers.start(reader)
    }

    /// The client has left, or its line ends. Called once.
    func stop() {
        let (line, underWay) = (self.line.take(), self.underWay)
        self.underWay = 0
        self.unstarted = nil
        self.renewal?.stop()
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
        // A line with other members does not wait for this one's results.
        guard let line, underWay > 0 else { return }
        self.loop.eventLoop.assumeIsolated().execute {
            for _ in 0..<underWay { line.workEnded() }
        }
    }

    private func workBegan() {
        self.underWay += 1
        self.line?.workBegan()
    }

    private func workEnded() {
        guard let line = self.line else { return }
        self.underWay -= 1
        line.workEnded()
    }

    private func end(_ end: DocumentEnd) {
        guard let line = self.line else { return }
        self.stop()
        line.ended(self, end)
    }

    /// Another token takes the place of the one before.
    func adopt(_ session: Session) {
        self.loop.current?.connections.remove(self)
        self.session = session
        self.expiry = TokenExpiry()
        self.loop.current?.connections.add(self)
        self.keepTicketFresh()
        self.accessMayHaveChanged()
    }

    private func keepTicketFresh() {
        self.renewal?.stop()
        self.renewal = self.services.renewal(of: self.session, on: self.loop)
        self.renewal?.begin(self.session) { [weak self] session, _ in
            guard let self else { return }
            self.session = session
            self.expiry = TokenExpiry()
            self.loop.current?.connections.expiryChanged(of: self)
        }
    }
}

// MARK: - Joining

extension DocumentMember {
    /// Asks the client what it has that the document has not. While it takes nothing, one question waits, however often there is cause for it.
    func ask() {
        guard self.line?.isWritable == true else { return self.owed.question = true }
        self.send(.step1(self.document.stateVector))
    }

    /// What the client lacks, and from there on what comes. While it takes nothing, the answer to its last question waits.
    func answer(_ vector: StateVector) {
        guard self.line?.isWritable == true else { return self.owed.answer = vector }
        guard self.isInService else { return }
        let update = self.document.difference(against: vector)
        self.services.metrics.answered(update.count)
        self.send(.step2(update))
        self.isAwaited = true
        self.startUpdates()
    }

    /// All who are there. While the client takes nothing, one answer waits.
    func sendPresent() {
        guard self.line?.isWritable == true else { return self.owed.presence = true }
        self.send(.awareness(self.document.present))
    }

    private func sendOwed() {
        let owed = self.owed
        self.owed = OwedReplies()
        if owed.question { self.ask() }
        if let vector = owed.answer { self.answer(vector) }
        if owed.presence { self.sendPresent() }
    }

    /// The same, where anybody is.
    func showPresent() {
        let present = self.document.present
        if !present.isEmpty { self.send(.awareness(present)) }
    }

    /// A document that does not follow its topic any more is opened anew by whoever comes back.
    private var isInService: Bool {
        guard !self.document.isInService else { return true }
        self.end(.unavailable("Connect again"))
        return false
    }
}

// MARK: - Updates

extension DocumentMember: PublishClient {
    var publishStart: NIODeadline? { nil }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.line?.suspend(work, then: body)
    }

    /// Takes an update of the client's.
    ///
    /// - Parameters:
    ///   - range: where it is in `bytes`.
    ///   - isEchoed: whether it comes back although nothing of it is new.
    /// - Throws: where it is no update. Nothing has changed then, and there is no outcome.
    func receive(update range: Range<Int>, in bytes: [UInt8], isEchoed: Bool) throws(DocumentError) {
        guard self.isInService else { return }
        guard self.isAllowedToWrite != false else {
            return try self.refuse(update: range, in: bytes, isEchoed: isEchoed)
        }
        let verdict = try self.document.verdict(on: bytes.span.extracting(range))
        self.services.metrics.received(isNew: verdict != .known)
        switch verdict {
        case .known: self.acknowledge(update: range, in: bytes, isEchoed: isEchoed)
        case .whole: self.publish(ByteBuffer(bytes: bytes[range]))
        case .part(let part): self.publish(ByteBuffer(bytes: part))
        case .full: self.refuse(.full)
        }
    }

    private func acknowledge(update range: Range<Int>, in bytes: [UInt8], isEchoed: Bool) {
        if isEchoed { self.send(.echo(ByteBuffer(bytes: bytes[range]))) }
        self.settled(.applied)
    }

    /// Of who may not write only what brings nothing is taken. It is not asked what else would be new: that may be long.
    private func refuse(update range: Range<Int>, in bytes: [UInt8], isEchoed: Bool) throws(DocumentError) {
        guard try self.document.hasAll(of: bytes.span.extracting(range)) else { return self.refuse(.denied) }
        self.services.metrics.received(isNew: false)
        self.acknowledge(update: range, in: bytes, isEchoed: isEchoed)
    }

    private func publish(_ update: ByteBuffer) {
        guard let principal = self.session.standingPrincipal(requiring: .write) else { return self.refuse(.denied) }
        let draft = Draft(
            timestamp: self.services.clock.now(),
            payload: update,
            format: .binary,
            publisher: self.session.account.load
        )
        self.workBegan()
        let item = Broker.Item(key: self.document.key, draft: draft)
        self.services.publisher.publish(item, once: nil, as: principal, for: self, .update)
    }

    enum Ticket: Sendable {
        case update
        case awareness
        case stateless
    }

    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _ ticket: Ticket) {
        self.workEnded()
        guard case .update = ticket else { return }
        switch result {
        case .success:
            self.settled(.applied)
            if self.hasRefused { self.askAgain() }
        case .failure(let error): self.refuse(UpdateRefusal(error))
        }
    }

    private func refuse(_ refusal: UpdateRefusal) {
        self.services.metrics.refused(refusal)
        switch refusal {
        case .malformed, .denied, .full:
            if refusal != .malformed { self.hasRefused = true }
            self.deny(refusal)
            self.settled(.refused)
        case .unstored:
            self.settled(.unstored)
            self.askAgain()
        }
    }

    private func settled(_ outcome: UpdateOutcome) { self.line?.settled(outcome, from: self) }

    /// The client takes its update for sent. So what could not be stored is asked for after a while: by another step 1. So is what was refused,
    /// once something else was taken: the client may have been granted the document, or it has become smaller.
    private func askAgain() {
        guard !self.isAskingAgain else { return }
        self.isAskingAgain = true
        self.loop.eventLoop.assumeIsolated().scheduleTask(in: Self.retryDelay) {
            self.isAskingAgain = false
            self.hasRefused = false
            self.ask()
        }
    }
}

// MARK: - Awareness

extension DocumentMember {
    func receive(_ update: AwarenessUpdate) {
        guard let principal = self.session.standingPrincipal(requiring: .read) else { return }
        let outcome = self.document.receive(
            update,
            from: self.use.connection,
            user: principal.username,
            at: self.services.clock.uptime()
        )
        self.services.metrics.awareness(accepted: outcome.broadcast.count, of: update.entries.count)
        if !outcome.answer.isEmpty { self.send(.awareness(outcome.answer)) }
        for entry in outcome.broadcast {
            let draft = Draft(
                entry,
                at: self.services.clock.now(),
                from: principal.username,
                publisher: self.session.account.load
            )
            self.workBegan()
            let item = Broker.Item(key: self.document.awarenessKey, draft: draft)
            self.services.publisher.publish(item, once: nil, as: .relay, for: self, .awareness)
        }
    }
}

// MARK: - Beside the document

extension DocumentMember {
    /// Tells all others in the document whose clients speak the same protocol. Nothing of it is stored.
    ///
    /// - Parameter text: UTF-8.
    func tell(_ text: [UInt8]) {
        guard let dialect = self.dialect, let principal = self.session.standingPrincipal(requiring: .read) else {
            return
        }
        let message = StatelessMessage(dialect, from: self.number, text)
        self.workBegan()
        let draft = Draft(
            message,
            at: self.services.clock.now(),
            from: principal.username,
            publisher: self.session.account.load
        )
        let item = Broker.Item(key: self.document.statelessKey, draft: draft)
        self.services.publisher.publish(item, once: nil, as: .relay, for: self, .stateless)
    }

    private func hear(_ messages: [Message]) {
        for message in messages {
            guard let message = try? StatelessMessage(Array(message.payload.readableBytesView).span),
                message.dialect == self.dialect, message.sender != self.number
            else { continue }
            self.send(.told(message.text))
        }
    }
}

// MARK: - Delivery

extension DocumentMember: ReaderSink {
    func capacity(for reader: Reader) -> Int { self.line?.isWritable == true ? .max : 0 }

    /// The client takes more again.
    func drained() {
        self.sendOwed()
        for _ in 0..<self.subscriptions.count {
            guard self.line?.isWritable == true, let reader = self.subscriptions.nextToGoOn() else { return }
            self.loop.current?.readers.resume(reader)
        }
    }

    /// What the stream has lost the document says again.
    func deliver(_ gap: Gap, to reader: Reader) {}

    func deliver(_ batch: Batch, to reader: Reader) {
        guard let part = DocumentPart(rawValue: reader.tag) else { return }
        self.services.publisher.metrics.delivered(batch.messages.count, by: .webSocket)
        switch part {
        case .stateless: return self.hear(batch.messages)
        case .awareness:
            self.document.willTell(batch.messages, in: reader.epoch, at: self.services.clock.uptime())
        case .updates: break
        }
        self.line?.deliver(batch, of: part, to: self)
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        if reader === self.unstarted { self.unstarted = nil }
        _ = self.subscriptions.remove(reader.topic.name)
        switch reason {
        case .accessLost: self.end(.denied(UpdateRefusal.denied.clientText))
        case .topicDeleted: self.end(.deleted)
        case .storeFailed: self.end(.unavailable("Try again later"))
        }
    }

    func flush() { self.line?.flush() }
}

extension DocumentMember: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) {
        self.end(refusal.status == 503 ? .unavailable(refusal.detail) : .denied(refusal.detail))
    }

    var nextExpiryCheck: Timestamp { self.expiry.nextCheck(expiresAt: self.session.expiresAt) }

    func checkExpiry(at now: Timestamp) {
        switch self.expiry.tick(at: now, expiresAt: self.session.expiresAt) {
        case .nothing: break
        case .warn: self.line?.expiring(self)
        case .end: self.end(.expired)
        }
    }
}
