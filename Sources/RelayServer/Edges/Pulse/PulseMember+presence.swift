import NIOCore
import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// Who is on a channel, as Pulse's clients say it and are told of it.
///
/// Whoever is subscribed to a channel is told what changes there, by a seat at the presence of the channel's topic. A subscription takes one at once
/// where presence is wanted or in use, and otherwise as soon as somebody else does. Nobody is told who was there before it subscribed: who wants
/// to know asks by a `sync`.
extension PulseMember {
    func received(_ request: PulsePresenceRequest) {
        guard let key = self.key(of: request.channel) else { return self.fail(request.id, .invalidChannel) }
        guard self.isSubscribed(to: key) else { return self.fail(request.id, .notSubscribed) }
        guard self.services.presence.isEnabled(in: request.channel) else { return self.fail(request.id, .noPresence) }
        guard request.data?.readableBytes ?? 0 <= self.services.limits.maxPayloadBytes else {
            let limit = self.services.limits.maxPayloadBytes
            return self.fail(
                request.id,
                PulseFailure(.payloadTooLarge, "The data of a member is at most \(limit) bytes")
            )
        }
        switch request.action {
        case .update where self.presence?.desk.seat(at: key) == nil: self.fail(request.id, PulseFailure(.notMember))
        // Who is no member has left.
        case .leave where self.presence?.desk.seat(at: key) == nil:
            self.conversation?.answer(.ack(request.id), since: request.start)
        case .join, .update, .leave, .sync: self.sit(request, at: key)
        }
    }

    private func sit(_ request: PulsePresenceRequest, at key: TopicKey) {
        self.presenceSeats().sit(at: key) { [weak self] in
            self?.begins(at: key, $0)
        } then: { result in
            switch result {
            case .success where request.action == .sync: self.showRoster(of: key, request)
            case .success(let seat): self.change(request, at: seat)
            case .failure(let failure): self.fail(request.id, failure)
            }
        }
    }

    // MARK: Subscriptions

    /// Gives a subscription that has just joined a seat at its channel's presence.
    ///
    /// - Parameter body: called once: when the client will be told of whatever changes from then on, or with what keeps it from that.
    func sitFromBeginning(at key: TopicKey, then body: @escaping (PulseFailure?) -> Void) {
        self.presenceSeats().sit(at: key) { result in
            switch result {
            // Who was there before.
            case .success: body(nil)
            case .failure(let failure): body(failure)
            }
        } then: { _ in
        }
    }

    /// There is presence in a channel from now on.
    func presenceBegan(on key: TopicKey) {
        guard self.isSubscribed(to: key), self.presence?.desk.seat(at: key) == nil else { return }
        self.presenceSeats().sit(at: key) { [weak self] in
            self?.begins(at: key, $0)
        } then: { result in
            // It goes on without, and is told so.
            if case .failure(let failure) = result { self.fail(0, failure) }
        }
    }

    /// The first hand-out of a seat that was taken after its subscription began: whoever is there has come since.
    private func begins(at key: TopicKey, _ result: Result<PresenceHandout, PulseFailure>) {
        guard case .success(let handout) = result, case .sync(let members) = handout.content,
            let channel = PulseChannel.channel(ofTopic: key.name.rawValue)
        else { return }
        let others = members.filter { $0.connection.rawValue != self.connectionID }
        guard !others.isEmpty else { return }
        let bytes = PulseBatch.frames(
            others.map { .presence(channel: channel, .joined, PulsePresenceState($0)) }
        )
        self.services.counts.delivered(others.count, bytes.readableBytes)
        self.deliver(bytes)
    }

    /// The subscription has ended: so has what its client was a member of.
    func giveUpPresence(at key: TopicKey) {
        guard let presence = self.presence, let seat = presence.desk.seat(at: key) else { return }
        presence.ended(seat, .notSubscribed)
        presence.desk.giveUp(seat)
    }

    // MARK: As a member

    private func change(_ request: PulsePresenceRequest, at seat: PresenceSeat) {
        do throws(PulseFailure) {
            let principal = try self.standing()
            self.conversation?.workBegan()
            // What waits for the answer does not keep the data.
            let (id, start) = (request.id, request.start)
            switch request.action {
            case .join: seat.join(request.data, as: principal) { self.answer(id, start, $0) }
            case .update: seat.update(request.data) { self.answer(id, start, $0) }
            case .leave, .sync: seat.leave { _ in self.answer(id, start, .success(())) }
            }
        } catch {
            self.fail(request.id, error)
        }
    }

    private func standing() throws(PulseFailure) -> Principal {
        do throws(AccessError) {
            return try self.session.standing(requiring: .read)
        } catch {
            throw PulseFailure(error)
        }
    }

    private func answer(_ id: UInt64, _ start: NIODeadline, _ result: Result<some Any, PresenceFailure>) {
        switch result {
        case .success: self.conversation?.answer(.ack(id), since: start)
        case .failure(let failure): self.fail(id, PulseFailure(failure))
        }
        self.conversation?.workEnded()
    }

    // MARK: Who is there

    private func showRoster(of key: TopicKey, _ request: PulsePresenceRequest) {
        guard let principal = self.principal else { return self.fail(request.id, PulseFailure(BrokerError.denied)) }
        let desks = self.services.presence.desks
        self.suspend {
            await desks.roster(of: key, as: principal)
        } then: { (result: Result<PresenceRoster?, PresenceFailure>) in
            switch result {
            case .success(let roster): self.show(roster?.members ?? [], request)
            case .failure(let failure): self.fail(request.id, PulseFailure(failure))
            }
        }
    }

    private func show(_ members: [PresenceMember], _ request: PulsePresenceRequest) {
        let states = members.map(PulsePresenceState.init)
        let frame = PulseServerFrame.presenceSync(id: request.id, channel: request.channel, states)
        guard frame.fits else {
            return self.fail(request.id, PulseFailure(.payloadTooLarge, "Those who are there are too many for a frame"))
        }
        let isAnswered = self.conversation?.answerLarge(frame, since: request.start)
        if isAnswered == false { self.fail(request.id, PulseFailure(PresenceFailure.overloaded)) }
    }
}

extension PulseMember: PresenceAudience {
    var takesPresence: Bool { self.isWritable }

    func show(_ handout: PresenceHandout, at seat: PresenceSeat) {
        guard self.presence?.took(handout, at: seat) == false else { return }
        let pieces = handout.encoded(as: PulsePresenceBatch.self, leavingOut: seat.connection.id)
        guard !pieces.isEmpty else { return }
        self.services.counts.delivered(handout.frameCount, pieces.reduce(0) { $0 + $1.readableBytes })
        for piece in pieces { self.deliver(piece) }
    }

    /// Where it is not the store, the channel's own reader tells of the same.
    func presenceEnded(_ seat: PresenceSeat, on topic: TopicName, _ reason: ReaderEnd) {
        self.presence?.ended(seat, PulseFailure(reason, of: topic))
        guard case .storeFailed = reason else { return }
        self.fail(0, PulseFailure(reason, of: topic))
        self.close(for: reason)
    }

    func flushPresence() { self.flush() }
}

extension PresenceHandout {
    /// Of Pulse's, for all that it tells, whoever it is about.
    fileprivate var frameCount: Int {
        switch self.content {
        case .sync: 1
        case .changes(let changes): changes.count
        }
    }
}
