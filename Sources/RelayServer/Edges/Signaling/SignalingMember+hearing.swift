import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// What the client hears.
extension SignalingMember: ReaderSink {
    func capacity(for reader: Reader) -> Int { self.connection?.isWritable == true ? .max : 0 }

    func drained() {
        self.proxy.drained()
        for _ in 0..<self.subscriptions.count {
            guard self.connection?.isWritable == true, let reader = self.subscriptions.nextToGoOn() else { return }
            self.loop.current?.readers.resume(reader)
        }
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        let topic = SignalTopic.followed[reader.tag]
        let notice = SignalNotice.gap(topic, after: gap.after, resumedFrom: gap.resumedFrom, epoch: gap.epochText)
        self.connection?.deliver(notice.framed)
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        let topic = SignalTopic.followed[reader.tag]
        var bytes = ByteBuffer()
        var count = 0
        var end: End?
        for message in batch.messages {
            guard
                let delivery = SignalDelivery(
                    payload: message.payload,
                    sender: message.sender,
                    timestamp: message.timestamp
                )
            else { continue }
            if delivery.sender == nil {
                end = self.end(by: delivery)
                if end != nil { break }
                guard self.isNews(delivery, on: topic) else { continue }
                self.notePutOut(delivery)
            } else if topic == .presence, delivery.sender?.isExactly(self.peer.text) ?? false {
                continue
            } else {
                self.note(delivery)
            }
            self.seq += 1
            count += 1
            delivery.writeFramed(to: self.place(of: message, on: topic), into: &bytes)
        }
        if count > 0 {
            self.services.metrics.delivered(count, by: .webSocket)
            self.connection?.deliver(bytes)
        }
        if let end { self.end(end) }
    }

    private func place(of message: Message, on topic: SignalTopic) -> SignalDelivery.Place {
        SignalDelivery.Place(
            dialect: self.dialect,
            spelling: self.spelling,
            session: self.id.text,
            seq: self.seq,
            topic: topic,
            id: message.id
        )
    }

    /// Remembers who asks the host for something, and that a peer at another relay wants no proxy frames.
    private func note(_ delivery: SignalDelivery) {
        guard let sender = delivery.sender else { return }
        if delivery.type == "binary_proxy_rejected" { return self.rejected(by: sender) }
        guard delivery.type.hasPrefix("request_") else { return }
        if SignalFrame.isAnswered(delivery.type) { self.requesters[delivery.type] = sender }
    }

    /// Whether the relay's own message is one that the client is to hear: its own coming is none, nor what it was told when it joined.
    private func isNews(_ delivery: SignalDelivery, on topic: SignalTopic) -> Bool {
        guard topic == .session else { return true }
        if let revision = delivery.number("revision"), revision <= self.revision { return false }
        switch delivery.type {
        case "kicked", "connection_replaced": return false
        case "peer_joined", "peer_returned", "peer_away", "peer_left":
            return !(delivery.text("peer_id")?.isExactly(self.peer.text) ?? false)
        default: return true
        }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        _ = self.subscriptions.remove(reader.topic.name)
        switch reason {
        case .accessLost: self.accessLost(reader)
        case .topicDeleted: self.end(.sessionOver(state: "closed"))
        case .storeFailed(let error):
            self.close(.unexpectedServerError, BrokerError.store(error).clientText)
        }
    }

    func flush() { self.connection?.flush() }
}

// MARK: - The end

extension SignalingMember {
    /// Why the session ends for this socket.
    enum End {
        case kicked(reason: String)
        case replaced
        case left
        case sessionOver(state: String)
        /// Not a peer any more.
        case lost
    }

    /// Only the relay says such things.
    private func end(by delivery: SignalDelivery) -> End? {
        switch delivery.type {
        case "kicked" where self.isMine(delivery): return .kicked(reason: delivery.text("reason") ?? "")
        case "connection_replaced" where self.isMine(delivery): return .replaced
        case "session_state":
            guard let state = delivery.text("state"), ["closed", "expired"].contains(state) else { return nil }
            return .sessionOver(state: state)
        default: return nil
        }
    }

    private func isMine(_ delivery: SignalDelivery) -> Bool {
        delivery.text("connection") == String(self.connectionID.rawValue)
    }

    func end(_ end: End) {
        self.isDeparted = true
        if case .replaced = end {} else { self.isOut = true }
        switch end {
        case .kicked(let reason):
            self.send(.kicked(session: self.id.text, reason: reason))
            self.close(.kicked, "Put out of the session")
        case .replaced: self.close(.replaced, "Replaced by a newer connection")
        case .left: self.close(.normalClosure, "")
        case .sessionOver(let state):
            let code: SessionErrorCode = state == "expired" ? .sessionExpired : .sessionClosed
            self.fail(code.rawValue, "The session has ended", nil)
            self.close(.sessionClosed, "The session has ended")
        case .lost: self.close(.unauthenticated, "Not a peer of the session any more, join again")
        }
    }

    /// Who is no peer any more does not see what its session says of that: the relay looks for it.
    private func accessLost(_ reader: Reader) {
        guard !self.isDeparted else { return }
        self.isDeparted = true
        let (broker, peer) = (self.services.publisher.broker, self.peer.text)
        let root = TopicKey(name: SessionTopicName(self.id).topicName)
        self.suspend {
            let page = try? await broker.history(
                of: root,
                .descending,
                cursor: .oldest,
                limit: Self.lookedThrough,
                as: .relay
            )
            return page?.messages ?? []
        } then: { (messages: [Message]) in
            self.end(self.reason(in: messages, of: peer))
        }
    }

    /// Messages that are looked through for the reason of an end.
    private static var lookedThrough: Int { 100 }

    private func reason(in messages: [Message], of peer: String) -> End {
        for message in messages where message.sender == nil {
            guard let news = SignalDelivery(payload: message.payload, sender: nil, timestamp: message.timestamp),
                news.text("peer_id")?.isExactly(peer) ?? false
            else { continue }
            if let end = self.end(by: news) { return end }
            if news.type == "peer_left", news.text("reason") == "left" { return .left }
            if news.type == "peer_joined" { break }
        }
        return .lost
    }
}

// MARK: - Access

extension SignalingMember: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) {
        if refusal.status == 503 { return self.close(.unexpectedServerError, refusal.detail) }
        self.close(.unauthenticated, refusal.detail)
    }

    func checkExpiry(at now: Timestamp) {
        guard now >= self.session.expiresAt else { return }
        self.close(.unauthenticated, "The ticket has expired")
    }

    /// A ticket lasts some minutes: the client gets another in time, for which it need not ask.
    func renewInTime() {
        self.renewal.begin(self.session) { [weak self] session, ticket in
            guard let self else { return }
            self.session = session
            self.loop.current?.connections.expiryChanged(of: self)
            self.send(.ticketRenewed(token: ticket.text, expiresAt: ticket.claims.expiresAt))
        }
    }

    /// The socket is gone, and the session may not know it.
    func tellLoss() {
        guard !self.isDeparted else { return }
        self.isDeparted = true
        let (sessions, id, peer, connection) = (self.services.sessions, self.id, self.peer, self.connectionID)
        _ = self.services.sockets.lane.run { await sessions.connectionLost(connection, of: peer, in: id) }
    }
}
