import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// One event stream: its topics' messages as events, each with the cursor to go on from. Lives on its connection's loop.
final class EventStreamSession {
    private let exchange: Exchange
    let session: Session
    private let route: EventStreamRoute
    private var place: ConnectionQuota.Place?
    private var subscriptions = Subscriptions()
    /// Each topic's cursor as the client knows it.
    private var eventID: EventID
    private let topicCount: Int
    private let tellsEpochs: Bool
    private var isOpen = false
    private var lastWrite = NIODeadline.now()

    /// How often a comment is sent where there is nothing else, so that proxies keep the connection.
    private static let commentInterval = TimeAmount.seconds(15)
    /// After which browsers connect again.
    private static let reconnectMilliseconds: UInt32 = 1_000

    init(
        exchange: Exchange,
        session: Session,
        route: EventStreamRoute,
        place: consuming ConnectionQuota.Place,
        topics: [TopicName],
        tellsEpochs: Bool
    ) {
        self.exchange = exchange
        self.session = session
        self.route = route
        self.place = consume place
        self.eventID = EventID(topics)
        self.topicCount = topics.count
        self.tellsEpochs = tellsEpochs
    }

    /// Sends the head and the starting cursor, then whatever there is.
    ///
    /// - Parameter joined: readers on all topics, in their order.
    func start(_ joined: consuming JoinedReaders) {
        guard let state = self.exchange.loop.current else { return }
        let readers = joined.readers
        self.subscriptions.add(joined)
        for reader in readers { self.eventID.set(reader.tag, reader.toldCursor, epoch: self.epoch(of: reader)) }
        self.isOpen = true
        self.exchange.activity = self
        state.connections.add(self)
        self.exchange.connection.startStream(
            self.exchange,
            headers: ["content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"]
        )
        var hello = ByteBuffer()
        EventStreamFraming.writeRetry(milliseconds: Self.reconnectMilliseconds, into: &hello)
        hello.writeStaticString("id: ")
        hello.writeImmutableBuffer(self.eventID.bytes)
        hello.writeStaticString("\n\n")
        self.write(hello)
        self.exchange.connection.flush()
        for reader in readers { state.readers.start(reader) }
        if self.exchange.connection.isShuttingDown { self.end() }
    }

    /// What is told of the epoch in which the client's next cursor is.
    private func epoch(of reader: Reader) -> UInt64? {
        guard self.tellsEpochs, let epoch = reader.toldEpoch, epoch != StreamEpoch.none.id else { return nil }
        return epoch
    }

    private func write(_ bytes: ByteBuffer) {
        self.lastWrite = .now()
        self.exchange.connection.writePart(bytes)
    }

    /// Sends an `error` event. Clients go on from the id before it.
    private func tell(_ code: ServerFrame.Failure.Code, _ message: String) {
        guard self.isOpen else { return }
        var bytes = ByteBuffer()
        EventStreamFraming.write(.error(.init(code: code, message: message)), cursor: nil, into: &bytes)
        self.write(bytes)
    }

    private func end() {
        guard self.release() else { return }
        self.exchange.connection.endStream(self.exchange)
    }

    /// - Returns: false where the stream had ended before.
    private func release() -> Bool {
        guard self.isOpen else { return false }
        self.isOpen = false
        self.place = nil
        self.exchange.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.exchange.loop.current?.readers.leave(reader) }
        return true
    }
}

extension EventStreamSession: ReaderSink {
    func capacity(for reader: Reader) -> Int {
        self.exchange.connection.isWritable ? .max : 0
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        var bytes = ByteBuffer()
        EventStreamFraming.write(.gap(GapFields(gap, of: reader.topic.name)), cursor: nil, into: &bytes)
        self.write(bytes)
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.route.metrics.delivered(batch.messages.count, by: .eventStream)
        if self.topicCount == 1, !self.tellsEpochs {
            return self.write(batch.encoded(as: EventStreamBatch.self))
        }
        var events = batch.encoded(as: BareEventStreamBatch.self)
        let idSize = self.eventID.bytes.readableBytes + Self.idFrameSize
        var bytes = ByteBuffer()
        bytes.reserveCapacity(batch.messages.count * idSize + min(events.readableBytes, Self.maxCopiedBytes))
        for message in batch.messages {
            guard let event = events.readEvent() else { return }
            self.eventID.set(reader.tag, message.id, epoch: self.epoch(of: reader))
            bytes.writeStaticString("id: ")
            bytes.writeImmutableBuffer(self.eventID.bytes)
            bytes.writeStaticString("\n")
            if event.readableBytes <= Self.maxCopiedBytes {
                bytes.writeImmutableBuffer(event)
            } else {
                self.write(bytes)
                self.write(event)
                bytes = ByteBuffer()
            }
        }
        if bytes.readableBytes > 0 { self.write(bytes) }
    }

    /// Larger events are shared with all streams that get them: that costs less than the copy.
    private static let maxCopiedBytes = 16 << 10
    /// `id: `, the line's end, and room for a longer cursor.
    private static let idFrameSize = 32

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        let name = reader.topic.name
        _ = self.subscriptions.remove(name)
        self.tell(.subscription, reason.clientText(of: name))
        if case .storeFailed = reason { return self.end() }
        if self.subscriptions.count == 0 { self.end() }
    }

    func flush() {
        self.exchange.connection.flush()
    }
}

extension EventStreamSession: SessionSink {
    var loop: DeliveryLoop { self.exchange.loop }
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) {
        self.tell(.authentication, refusal.detail)
        self.end()
    }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.tell(.authentication, "The access token has expired")
        self.end()
    }
}

extension EventStreamSession: ExchangeActivity {
    var isEndless: Bool { true }

    var facts: ConnectionFacts? {
        ConnectionFacts(.sse, user: self.session.account.id, topics: self.subscriptions.count)
    }

    func cancelled() {
        _ = self.release()
    }

    func drained() {
        for _ in 0..<self.subscriptions.count {
            guard self.exchange.connection.isWritable, let reader = self.subscriptions.nextToGoOn() else { return }
            self.exchange.loop.current?.readers.resume(reader)
        }
    }

    func tick(_ now: NIODeadline) {
        guard self.isOpen, now - self.lastWrite >= Self.commentInterval, self.exchange.connection.isWritable else {
            return
        }
        self.writeComment()
    }

    private func writeComment() {
        var bytes = ByteBuffer()
        EventStreamFraming.writeKeepAlive(into: &bytes)
        self.write(bytes)
        self.exchange.connection.flush()
    }

    /// A peer that has left resets the connection when something is written to it, and one that only says nothing more does not.
    func inputClosed() {
        if self.isOpen { self.writeComment() }
    }

    /// The client is told when to come again: browsers do by themselves.
    func relayStopping() {
        guard self.isOpen else { return }
        var bytes = ByteBuffer()
        EventStreamFraming.writeRetry(milliseconds: DrainHint.random(), into: &bytes)
        self.write(bytes)
        self.end()
    }
}
