import NIOCore
import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// Who is on topics, as a client of `/ws` asks for it and is told of it.
extension MessageSocketConversation {
    func received(_ frame: PresenceFrame) {
        guard let topic = self.route.joiner.catalog.key(ofPath: frame.topic, for: self.userID) else {
            return self.refuse(frame, "Invalid topic name")
        }
        guard PresenceTopic.hasPresence(topic.name) else {
            return self.refuse(frame, "Topics of this kind have no presence")
        }
        switch frame.action {
        case .join, .update, .leave: self.change(frame, on: topic)
        case .watch: self.watch(frame, topic)
        case .unwatch: self.unwatch(frame, topic)
        case .get: self.showRoster(frame, topic)
        }
    }

    private func answer(_ frame: PresenceFrame, _ answer: PresenceNews.Answer) {
        guard let requestID = frame.requestID else { return }
        self.send(.presence(.answer(requestID: requestID, answer, topic: frame.topic)))
    }

    /// Also where the client wants no answer: as every frame that can't be carried out.
    private func refuse(_ frame: PresenceFrame, _ message: String) {
        self.send(
            ServerFrame.Failure(code: .processing, FrameError(message: message, requestID: frame.requestID))
        )
    }

    // MARK: A place

    /// The connection's seat at a topic's presence, taken where it has none yet.
    private func sit(
        _ frame: PresenceFrame,
        at topic: TopicKey,
        isWatching: Bool,
        then body: @escaping (PresenceSeat) -> Void
    ) {
        let desk = self.presenceDesk()
        if let seat = desk.seat(at: topic) { return body(seat) }
        guard desk.count + self.readers.count < self.route.maxTopics else {
            return self.refuse(frame, "Too many topics on one connection")
        }
        let place = PresenceDesk.Place(topic: topic, since: frame.cursor.map { Cursor(clientText: $0) })
        desk.sit(at: [place], isWatching: isWatching) { result in
            switch result {
            case .success(let seats): if let seat = seats.first { body(seat) }
            case .failure(let refusal): self.refuse(frame, refusal.clientText)
            }
        }
    }

    /// One that the client needs no longer is given up: it takes a subscription.
    private func giveUpIfUnused(_ seat: PresenceSeat) {
        if !seat.isMember, !seat.isWatching { self.presence?.giveUp(seat) }
    }

    // MARK: As a member

    private func change(_ frame: PresenceFrame, on topic: TopicKey) {
        switch frame.action {
        case .join: self.sit(frame, at: topic, isWatching: false) { self.join(frame, at: $0) }
        case .update:
            guard let seat = self.presence?.seat(at: topic) else {
                return self.refuse(frame, PresenceFailure.notMember.clientText)
            }
            self.update(frame, at: seat)
        default:
            // Who is no member has left.
            guard let seat = self.presence?.seat(at: topic) else { return self.answer(frame, .left) }
            self.leave(frame, seat)
        }
    }

    private func join(_ frame: PresenceFrame, at seat: PresenceSeat) {
        do throws(AccessError) {
            let principal = try self.session.standing(requiring: .read)
            self.connection?.workBegan()
            let bare = frame.withoutData
            seat.join(frame.data, as: principal) { result in
                self.changed(bare, seat, result.map { .joined(connectionID: $0.connection.rawValue) })
            }
        } catch {
            self.refuse(frame, error.detail)
            self.giveUpIfUnused(seat)
        }
    }

    private func update(_ frame: PresenceFrame, at seat: PresenceSeat) {
        self.connection?.workBegan()
        let bare = frame.withoutData
        seat.update(frame.data) { result in
            self.changed(bare, seat, result.map { .updated(connectionID: $0.connection.rawValue) })
        }
    }

    private func leave(_ frame: PresenceFrame, _ seat: PresenceSeat) {
        self.connection?.workBegan()
        seat.leave { _ in self.changed(frame, seat, .success(.left)) }
    }

    private func changed(
        _ frame: PresenceFrame,
        _ seat: PresenceSeat,
        _ result: Result<PresenceNews.Answer, PresenceFailure>
    ) {
        switch result {
        case .success(let answer): self.answer(frame, answer)
        case .failure(let failure): self.refuse(frame, failure.clientText)
        }
        self.giveUpIfUnused(seat)
        self.connection?.workEnded()
    }

    // MARK: Watching

    /// The answer comes before the first report. Who watches already goes on as before.
    private func watch(_ frame: PresenceFrame, _ topic: TopicKey) {
        self.sit(frame, at: topic, isWatching: true) { seat in
            seat.isWatching = true
            self.answer(frame, .watching)
            self.presence?.show(seat)
            self.flushPresence()
        }
    }

    private func unwatch(_ frame: PresenceFrame, _ topic: TopicKey) {
        if let seat = self.presence?.seat(at: topic) {
            seat.isWatching = false
            self.giveUpIfUnused(seat)
        }
        self.answer(frame, .unwatched)
    }

    private func showRoster(_ frame: PresenceFrame, _ topic: TopicKey) {
        guard let principal = self.principal else { return self.refuse(frame, BrokerError.denied.clientText) }
        let desks = self.route.presence
        self.suspend {
            await desks.roster(of: topic, as: principal)
        } then: { (result: Result<PresenceRoster?, PresenceFailure>) in
            switch result {
            case .success(let roster):
                self.show(roster.map { PresenceReport($0, of: topic.name) } ?? .nobody(on: topic.name), frame)
            case .failure(let failure): self.refuse(frame, failure.clientText)
            }
        }
    }

    private func show(_ report: PresenceReport, _ frame: PresenceFrame) {
        let isSent = self.connection?.sendLarge(report.size) {
            MessageSocketBatch.frame(.presence(.roster(requestID: frame.requestID, report)))
        }
        if isSent == false { self.refuse(frame, PresenceFailure.overloaded.clientText) }
    }
}

extension MessageSocketConversation: PresenceAudience {
    var takesPresence: Bool { self.connection?.isWritable == true }

    func show(_ handout: PresenceHandout, at seat: PresenceSeat) {
        self.connection?.deliver(handout.encoded(as: Self.Format.self))
    }

    func presenceEnded(_ seat: PresenceSeat, on topic: TopicName, _ reason: ReaderEnd) {
        switch reason {
        case .accessLost, .topicDeleted: self.sendError(.subscription, reason.clientText(of: topic))
        case .storeFailed(let error): self.close(for: error)
        }
    }

    func flushPresence() { self.flush() }

    /// Hand-outs as text frames.
    private enum Format: PresenceFormat {
        static func encode(_ handout: PresenceHandout) -> ByteBuffer {
            MessageSocketBatch.frame(.presence(.report(PresenceReport(handout))))
        }
    }
}
