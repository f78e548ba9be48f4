import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// One event stream: its topics' messages as events, each with the cursor to go on from. Lives on its connection's loop.
final class EventStreamSession {
    private let exchange: Exchange
    private let session: Session
    private let loop: DeliveryLoop
    private let topics: [Topic]
    private var readers: [Reader?]
    private var place: ConnectionQuota.Place?
    /// Each topic's cursor as the client knows it.
    private var eventID: EventID
    private var tellsEpochs = false
    /// The topic that is the first to go on when the socket has room again, so that none waits for the others' end.
    private var firstToGoOn = 0
    private var isOpen = false
    private var lastWrite = NIODeadline.now()

    /// How often a comment is sent where there is nothing else, so that proxies keep the connection.
    private static let keepAlive = TimeAmount.seconds(15)

    init(exchange: Exchange, session: Session, loop: DeliveryLoop, topics: [Topic]) {
        self.exchange = exchange
        self.session = session
        self.loop = loop
        self.topics = topics
        self.readers = topics.map { _ in nil }
        self.eventID = EventID(topics.map(\.name))
    }

    enum Joining {
        case joined
        case denied
        case moved
        /// The user has as many open connections as it may.
        case tooMany
    }

    /// Registers on all topics, or on none.
    func join(_ start: EventStreamStart) -> Joining {
        guard let readers = self.loop.current?.readers else { return .moved }
        self.tellsEpochs = start.tellsEpochs
        switch readers.join(self.topics, starts: self.topics.map { start.start(of: $0.name) }, sink: self) {
        case .joined(let joined):
            self.readers = joined
            for (index, reader) in joined.enumerated() {
                self.eventID.set(index, reader.toldCursor, epoch: self.epoch(of: reader))
            }
        case .denied: return .denied
        case .moved: return .moved
        }
        guard let place = self.exchange.services.lastingConnections.enter(self.userID) else {
            self.leave()
            return .tooMany
        }
        self.place = consume place
        return .joined
    }

    /// Sends the head and the starting cursor, then whatever there is.
    func start() {
        guard let state = self.loop.current else { return }
        self.isOpen = true
        self.exchange.activity = self
        state.connections.add(self)
        self.exchange.connection.startStream(
            self.exchange,
            headers: ["content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no"]
        )
        var hello = ByteBuffer()
        EventStreamFraming.writeRetry(milliseconds: 1_000, into: &hello)
        hello.writeStaticString("id: ")
        hello.writeImmutableBuffer(self.eventID.bytes)
        hello.writeStaticString("\n\n")
        self.write(hello)
        self.exchange.connection.flush()
        for reader in self.readers { if let reader { state.readers.start(reader) } }
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
        self.loop.current?.connections.remove(self)
        self.leave()
        return true
    }

    private func leave() {
        for index in self.readers.indices {
            if let reader = self.readers[index] { self.loop.current?.readers.leave(reader) }
            self.readers[index] = nil
        }
    }
}

extension EventStreamSession: ReaderSink {
    var principal: Principal? { self.session.standingPrincipal(requiring: .read) }

    func capacity(for reader: Reader) -> Int {
        self.exchange.connection.isWritable ? .max : 0
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        var bytes = ByteBuffer()
        EventStreamFraming.write(.gap(GapFields(gap, of: reader.topic.name)), cursor: nil, into: &bytes)
        self.write(bytes)
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.exchange.services.metrics.delivered(batch.messages.count, by: .eventStream)
        if self.topics.count == 1, !self.tellsEpochs {
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
        self.readers[reader.tag] = nil
        let name = reader.topic.name
        let message =
            switch reason {
            case .accessLost: "Access to topic '\(name)' was withdrawn"
            case .topicDeleted: "Topic '\(name)' was deleted"
            case .storeFailed: "Storage temporarily unavailable"
            }
        self.tell(.subscription, message)
        if case .storeFailed = reason { return self.end() }
        if !self.readers.contains(where: { $0 != nil }) { self.end() }
    }

    func flush() {
        self.exchange.connection.flush()
    }
}

extension EventStreamSession: AccessWatcher {
    var userID: UserID { self.session.account.id }

    func accessMayHaveChanged() {
        do throws(AccessError) {
            _ = try self.session.standing(requiring: .read)
        } catch {
            self.tell(.authentication, error.detail)
            return self.end()
        }
        for reader in self.readers { if let reader { self.loop.current?.readers.recheck(reader) } }
    }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.tell(.authentication, "The access token has expired")
        self.end()
    }
}

extension EventStreamSession: ExchangeActivity {
    var isEndless: Bool { true }

    func cancelled() {
        _ = self.release()
    }

    func drained() {
        for _ in self.readers.indices {
            guard self.exchange.connection.isWritable, let state = self.loop.current else { return }
            let reader = self.readers[self.firstToGoOn]
            self.firstToGoOn = (self.firstToGoOn + 1) % self.readers.count
            if let reader { state.readers.resume(reader) }
        }
    }

    func tick(_ now: NIODeadline) {
        guard self.isOpen, now - self.lastWrite >= Self.keepAlive, self.exchange.connection.isWritable else { return }
        self.writeKeepAlive()
    }

    private func writeKeepAlive() {
        var bytes = ByteBuffer()
        EventStreamFraming.writeKeepAlive(into: &bytes)
        self.write(bytes)
        self.exchange.connection.flush()
    }

    /// A peer that has left resets the connection when something is written to it, and one that only says nothing more does not.
    func inputClosed() {
        if self.isOpen { self.writeKeepAlive() }
    }

    func relayStopping() {
        self.end()
    }
}
