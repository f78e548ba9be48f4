import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// What a client of y-protocols and the relay say to each other about one document. Lives on its connection's loop, and keeps no updates:
/// what the socket does not take stays in the stream.
///
/// A client's update is published, and comes back to it by the stream like all others': that is its acknowledgement, and comes when the update
/// is as durable as the document promises.
final class DocumentConversation {
    /// Which topic a reader is on.
    private enum Part: Int {
        case updates
        case awareness
    }

    /// Of what can't be read. Beyond it the connection is closed.
    private static let maxMalformed = 16
    private static let denialPause = TimeAmount.seconds(60)
    /// After which the relay asks for what it could not store.
    private static let retryDelay = TimeAmount.seconds(2)

    /// Nil before it is open, and once it closes or is gone.
    private var connection: WebSocketConnection?
    let session: Session
    let loop: DeliveryLoop
    private let use: DocumentUse
    private let services: DocumentServices
    private var subscriptions = Subscriptions()
    /// Set until the client has said what it has.
    private var unstarted: Reader?
    private var malformed = 0
    private var lastDenial: NIODeadline?
    private var isAskingAgain = false

    init(_ session: Session, _ use: DocumentUse, _ services: DocumentServices, on loop: DeliveryLoop) {
        self.session = session
        self.use = use
        self.services = services
        self.loop = loop
    }

    private var document: LoadedDocument { self.use.document }

    private func send(_ message: [UInt8]) { self.connection?.send(ByteBuffer(documentFrame: message)) }

    /// Says why something was not done; not for each time.
    private func deny(_ reason: String) {
        let now = NIODeadline.now()
        if let last = self.lastDenial, now - last < Self.denialPause {
            // The client has to hear something from time to time.
            return self.send(DocumentFrame.keepAlive)
        }
        self.lastDenial = now
        self.send(DocumentFrame.denied(reason: reason))
    }
}

// MARK: - The WebSocket

extension DocumentConversation: WebSocketDialect {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.loop.current?.connections.add(self)
        let cursor = self.document.cursor
        self.services.joiner.join(
            [self.document.key, self.document.awarenessKey],
            for: self,
            sink: self,
            as: nil
        ) { place, _ in
            place == Part.updates.rawValue ? .cursor(cursor) : .tail
        } then: { joined in
            switch consume joined {
            case .success(let joined): self.joined(joined)
            case .failure(let refusal): self.end(for: refusal)
            }
        }
    }

    private func end(for refusal: JoinRefusal) {
        switch refusal {
        case .broker(.denied), .broker(.missing): self.end(.policyViolation, "Permission denied")
        case .broker, .overloaded, .tooManySubscriptions: self.end(.unexpectedServerError, refusal.clientText)
        }
    }

    private func joined(_ joined: consuming JoinedReaders) {
        guard let readers = self.loop.current?.readers else { return }
        self.unstarted = joined.readers[Part.updates.rawValue]
        let awareness = joined.readers[Part.awareness.rawValue]
        self.subscriptions.add(joined)
        self.send(DocumentFrame.step1(self.document.stateVector))
        self.sendPresent(evenIfNone: false)
        readers.start(awareness)
    }

    private func sendPresent(evenIfNone: Bool) {
        let present = self.document.present
        guard evenIfNone || !present.isEmpty else { return }
        self.send(DocumentFrame.awareness(AwarenessUpdate(present).encoded()))
    }

    func closed() {
        self.connection = nil
        self.unstarted = nil
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
    }

    var idleReason: String? { nil }

    /// Clients close a connection over which nothing has come for 30 s; pings are nothing to them.
    var keepAlive: ByteBuffer? { ByteBuffer(documentFrame: DocumentFrame.keepAlive) }

    /// No client of this protocol sends any.
    func received(text: ByteBuffer) { self.receivedNonsense() }

    func received(binary: ByteBuffer) {
        guard self.document.isInService else { return self.end(.unexpectedServerError, "Connect again") }
        var offset = 0
        let bytes = Array(binary.readableBytesView)
        do throws(DocumentError) {
            while offset < bytes.count, self.connection != nil {
                try self.received(try DocumentMessage.next(in: bytes.span, at: &offset), in: bytes)
            }
        } catch {
            self.services.metrics.refused(.malformed)
            self.receivedNonsense()
        }
    }

    /// Clients have no way to react to an error, so a few are ignored.
    private func receivedNonsense() {
        self.malformed += 1
        if self.malformed > Self.maxMalformed { self.connection?.close(.policyViolation, "Malformed messages") }
    }

    private func received(_ message: DocumentMessage, in bytes: [UInt8]) throws(DocumentError) {
        switch message {
        case .step1(let range): self.answer(try StateVector(bytes.span.extracting(range)))
        case .step2(let range): try self.received(update: range, in: bytes, isEchoed: false)
        case .update(let range): try self.received(update: range, in: bytes, isEchoed: true)
        case .awareness(let range): self.received(try AwarenessUpdate(bytes.span.extracting(range)))
        case .queryAwareness: self.sendPresent(evenIfNone: true)
        // Of other protocols' numbers some are harmless here.
        case .denied, .unknown: break
        }
    }

    /// What the client lacks, and from there on what comes.
    private func answer(_ vector: StateVector) {
        let update = self.document.difference(against: vector)
        self.services.metrics.answered(update.count)
        self.send(DocumentFrame.step2(update))
        guard let reader = self.unstarted else { return }
        self.unstarted = nil
        self.loop.current?.readers.start(reader)
    }
}

// MARK: - Updates

extension DocumentConversation: PublishClient {
    var publishStart: NIODeadline? { nil }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.connection?.suspend(work, then: body)
    }

    private func received(update range: Range<Int>, in bytes: [UInt8], isEchoed: Bool) throws(DocumentError) {
        let news = try self.document.news(in: bytes.span.extracting(range))
        self.services.metrics.received(isNew: !news.isNothing)
        let payload: ByteBuffer
        switch news.forward {
        case .nothing:
            if isEchoed { self.connection?.send(DocumentBatch.frame(ByteBuffer(bytes: bytes[range]))) }
            return
        case .whole: payload = ByteBuffer(bytes: bytes[range])
        case .part(let part): payload = ByteBuffer(bytes: part)
        }
        guard let principal = self.session.standingPrincipal(requiring: .write) else {
            self.services.metrics.refused(.denied)
            return self.deny("You may read this document only")
        }
        if news.addsStructs, self.document.isFull {
            self.services.metrics.refused(.full)
            return self.deny("The document is as large as it may be")
        }
        let draft = Draft(
            timestamp: self.services.clock.now(),
            payload: payload,
            format: .binary,
            publisher: self.session.account.load
        )
        self.connection?.workBegan()
        let item = Broker.Item(key: self.document.key, draft: draft)
        self.services.publisher.publish(item, once: nil, as: principal, for: self, .update)
    }

    enum Ticket: Sendable {
        case update
        case awareness
    }

    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _ ticket: Ticket) {
        self.connection?.workEnded()
        guard case .failure(let error) = result, case .update = ticket else { return }
        switch error {
        case .denied, .missing, .exists:
            self.services.metrics.refused(.denied)
            self.deny("You may read this document only")
        case .refused(let refusal):
            self.services.metrics.refused(.malformed)
            self.deny(refusal.detail)
        case .moved, .quota, .full, .overloaded, .tooManyWaiting, .store:
            self.services.metrics.refused(.unstored)
            self.askAgain()
        }
    }

    /// The client takes its update for sent. So what could not be stored is asked for after a while: by another step 1.
    private func askAgain() {
        guard !self.isAskingAgain else { return }
        self.isAskingAgain = true
        self.loop.eventLoop.assumeIsolated().scheduleTask(in: Self.retryDelay) {
            self.isAskingAgain = false
            guard self.connection != nil else { return }
            self.send(DocumentFrame.step1(self.document.stateVector))
        }
    }
}

// MARK: - Awareness

extension DocumentConversation {
    private func received(_ update: AwarenessUpdate) {
        guard let principal = self.session.standingPrincipal(requiring: .read) else { return }
        let outcome = self.document.receive(update, from: self.use.connection, user: principal.username)
        self.services.metrics.awareness(
            accepted: outcome.broadcast.count,
            of: update.entries.count
        )
        if !outcome.answer.isEmpty {
            self.send(DocumentFrame.awareness(AwarenessUpdate(outcome.answer).encoded()))
        }
        for entry in outcome.broadcast {
            let draft = Draft(entry, at: self.services.clock.now(), publisher: self.session.account.load)
            self.connection?.workBegan()
            let item = Broker.Item(key: self.document.awarenessKey, draft: draft)
            self.services.publisher.publish(item, once: nil, as: principal, for: self, .awareness)
        }
    }
}

// MARK: - Delivery

extension DocumentConversation: ReaderSink {
    func capacity(for reader: Reader) -> Int { self.connection?.isWritable == true ? .max : 0 }

    func drained() {
        for _ in 0..<self.subscriptions.count {
            guard self.connection?.isWritable == true, let reader = self.subscriptions.nextToGoOn() else { return }
            self.loop.current?.readers.resume(reader)
        }
    }

    /// What the stream has lost the document says again.
    func deliver(_ gap: Gap, to reader: Reader) {}

    func deliver(_ batch: Batch, to reader: Reader) {
        self.services.publisher.metrics.delivered(batch.messages.count, by: .webSocket)
        switch Part(rawValue: reader.tag) {
        case .updates, nil: self.connection?.deliver(batch.encoded(as: DocumentBatch.self))
        case .awareness: self.connection?.deliver(batch.encoded(as: AwarenessBatch.self))
        }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        if reader === self.unstarted { self.unstarted = nil }
        _ = self.subscriptions.remove(reader.topic.name)
        switch reason {
        case .accessLost: self.end(.policyViolation, "Permission denied")
        case .topicDeleted: self.end(.policyViolation, "The document was deleted")
        case .storeFailed: self.end(.unexpectedServerError, "Try again later")
        }
    }

    private func end(_ code: WebSocketErrorCode, _ reason: String) {
        self.send(DocumentFrame.denied(reason: reason))
        self.connection?.close(code, reason)
    }

    func flush() { self.connection?.flush() }
}

extension DocumentConversation: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) { self.end(WebSocketErrorCode(refusal: refusal), refusal.detail) }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.connection?.close(.tokenExpired, "The access token has expired")
    }
}
