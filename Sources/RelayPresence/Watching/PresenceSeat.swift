public import NIOCore
public import RelayCore
import RelayWire

/// A connection's place at the presence of one topic: what it is shown, and as what it is there. Lives on its connection's loop.
///
/// It stands on a ``RelayCore/Reader`` of the topic's presence (``PresenceTopic/key(of:)``), which the edge has had join at the tail, as any
/// reader: so leave to read, quotas and the end of the topic are those of readers. The sink's ``RelayCore/ReaderSink/capacity(for:)`` is always 0
/// for it: it stays where it has joined, and costs nothing when the topic moves. What has changed the loop reads once for all seats, and
/// ``PresenceListener/presenceIsReady(_:)`` tells; the client takes it by ``next()`` when its socket has room. When the reader has left or was
/// ended, ``end()`` is due.
public final class PresenceSeat {
    /// What the client has been shown.
    private enum View {
        /// Nothing, or nothing that is still worth anything.
        case nothing
        /// What a client says that was shown to it by a seat before: it was the roster at this cursor.
        case claimed(Cursor)
        /// The roster of this generation at a place.
        case shown(MessageID, generation: Int)
    }

    public let connection: PresenceConnection
    public let reader: Reader
    /// Whether ``next()`` has something from time to time. May be changed at any time; who begins to watch is first shown all.
    public var isWatching: Bool {
        didSet { if !self.isWatching { self.view = .nothing } }
    }

    private let hub: PresenceHub
    private weak var listener: (any PresenceListener)?
    private var view: View
    /// Where it is a member, or is about to be.
    private var room: PresenceRoom.Name?
    /// Waits for its topic to be made; nil where nothing does.
    private var pending: Pending?
    private var hasEnded = false

    private typealias Answer = (Result<PresenceMember, PresenceFailure>) -> Void

    /// What is wanted once there is a topic: the newest counts for all who have asked.
    private struct Pending {
        var data: ByteBuffer?
        var answers: [Answer] = []
        /// What it is charged with.
        var charged = 0
    }

    init(
        connection: PresenceConnection,
        reader: Reader,
        hub: PresenceHub,
        isWatching: Bool,
        since cursor: Cursor?,
        listener: any PresenceListener
    ) {
        self.connection = connection
        self.reader = reader
        self.hub = hub
        self.isWatching = isWatching
        self.view = cursor.map { .claimed($0) } ?? .nothing
        self.listener = listener
    }

    /// Whether the connection is a member, or is about to be one.
    public var isMember: Bool { self.room != nil || self.pending != nil }

    func sit() { self.hub.add(self) }

    func hubIsReady() { self.listener?.presenceIsReady(self) }

    /// The reader has left or was ended, or the connection is gone: what it is a member of it leaves. Harmless when repeated.
    public func end() {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.leave { _ in }
        self.hub.remove(self)
        self.listener = nil
    }

    // MARK: What its client is shown

    /// What the client is to be sent now: first all who are there, then what has changed since. Where changes would be more than all who are
    /// there, or are not known any more, it is all again. Call it when the client's socket has room: when it has drained, and when
    /// ``PresenceListener/presenceIsReady(_:)`` says so. What is returned counts as sent.
    ///
    /// - Returns: nil where there is nothing to send, or not yet, and for who does not watch.
    public func next() -> PresenceHandout? {
        guard self.isWatching, !self.hasEnded, self.hub.isReady, let roster = self.hub.roster else { return nil }
        // Another relay has shown it more than this one has heard of so far.
        if let place = self.place, place > roster.position { return nil }
        let difference = self.place.map { self.hub.difference(after: $0) } ?? .tooMuch
        self.view = .shown(roster.position, generation: self.hub.generation)
        switch difference {
        case .none: return nil
        case .some(let handout):
            self.hub.service.counters.handOut(isSync: false)
            return handout
        case .tooMuch:
            self.hub.service.counters.handOut(isSync: true)
            return self.hub.all()
        }
    }

    /// Where its client stands in the hub's roster; nil where it has to be shown all.
    private var place: MessageID? {
        switch self.view {
        case .nothing: nil
        case .shown(let place, let generation): generation == self.hub.generation ? place : nil
        case .claimed(let cursor): cursor == Cursor(epoch: self.hub.epoch, at: cursor.id) ? cursor.id : nil
        }
    }

    /// All who are there now, whatever the client has been shown: the answer to a client that asks. It changes nothing about ``next()``.
    ///
    /// - Returns: nil while that is being read. ``PresenceListener/presenceIsReady(_:)`` tells when to ask again.
    public func roster() -> PresenceHandout? { self.hasEnded ? nil : self.hub.all() }

    // MARK: As what it is there

    /// Makes the connection a member, or changes its data if it is one (its ``PresenceMember/joinedAt`` stays). A topic that does not exist is
    /// made, as by a first publish, if the user may publish and make it.
    ///
    /// - Parameters:
    ///   - data: a JSON value in memory of its own; nil for none.
    ///   - principal: who joins, as the user is now.
    ///   - body: called once, on the loop, possibly before this returns: when it is stored, or will not be.
    public func join(
        _ data: ByteBuffer?,
        as principal: Principal,
        then body: @escaping (Result<PresenceMember, PresenceFailure>) -> Void
    ) {
        if let failure = self.refusal(of: data) { return body(.failure(failure)) }
        guard self.hub.name == nil else { return self.put(data, body) }
        guard principal.permissions.contains(.write) else { return body(.failure(.broker(.missing))) }
        let isFirst = self.pending == nil
        if self.wait(data, body), isFirst { self.makeTopic(as: principal) }
    }

    /// - Returns: false where it is refused.
    private func wait(_ data: ByteBuffer?, _ body: @escaping Answer) -> Bool {
        var pending = self.pending ?? Pending()
        let more = max(0, (data?.readableBytes ?? 0) - pending.charged)
        guard self.hub.service.memory.charge(more, to: .presence) else {
            body(.failure(.overloaded))
            return false
        }
        pending.charged += more
        pending.data = data
        pending.answers.append(body)
        self.pending = pending
        return true
    }

    private func takePending() -> Pending? {
        guard let pending = self.pending else { return nil }
        self.pending = nil
        self.hub.service.memory.release(pending.charged, from: .presence)
        return pending
    }

    /// Changes the data of a member. `notMember` where it is none. See ``join(_:as:then:)``.
    public func update(_ data: ByteBuffer?, then body: @escaping (Result<PresenceMember, PresenceFailure>) -> Void) {
        guard self.isMember else { return body(.failure(.notMember)) }
        if let failure = self.refusal(of: data) { return body(.failure(failure)) }
        if self.pending == nil { self.put(data, body) } else { _ = self.wait(data, body) }
    }

    /// Ends the membership; the seat goes on.
    ///
    /// - Parameter body: called once, on the loop, possibly before this returns: with the member that there was (nil for none), when others are
    ///   told, or will be as soon as the store answers.
    public func leave(then body: @escaping (PresenceMember?) -> Void) {
        if let pending = self.takePending() {
            for answer in pending.answers { answer(.failure(.ended)) }
        }
        body(self.room.flatMap { self.hub.service.remove(self.connection.id, from: $0) })
        self.forgetRoom()
    }

    private func refusal(of data: ByteBuffer?) -> PresenceFailure? {
        let settings = self.hub.service.settings
        if self.hasEnded { return .ended }
        if data?.readableBytes ?? 0 > settings.maxDataBytes { return .dataTooLarge(settings.maxDataBytes) }
        guard !self.isMember else { return self.isFull(data, settings, isNew: false) ? .full : nil }
        let maxTopics = min(settings.maxTopicsPerConnection, self.connection.maxTopics)
        guard self.connection.memberships < maxTopics else { return .tooManyTopics(maxTopics) }
        return self.isFull(data, settings, isNew: true) ? .full : nil
    }

    /// As far as this loop knows who is there.
    private func isFull(_ data: ByteBuffer?, _ settings: PresenceSettings, isNew: Bool) -> Bool {
        guard let roster = self.hub.roster else { return false }
        if isNew, roster.counts.connections >= settings.maxMembersPerTopic { return true }
        let own = isNew ? nil : roster.members[self.connection.id]?.data
        // Who says no more than before may always say it.
        let more = (data?.readableBytes ?? 0) - (own?.readableBytes ?? 0)
        return more > 0 && roster.cost + more > settings.maxBytesPerTopic
    }

    private func makeTopic(as principal: Principal) {
        let eventLoop = self.hub.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let work = PresenceService.Work.make(self.hub.root, principal) { result in
            eventLoop.execute { bound.value.madeTopic(result) }
        }
        self.hub.service.workArrived.yield(work)
    }

    private func madeTopic(_ result: Result<Void, BrokerError>) {
        guard let pending = self.takePending() else { return }
        let answerAll = { (result: Result<PresenceMember, PresenceFailure>) in
            for answer in pending.answers { answer(result) }
        }
        switch result {
        case .success: self.put(pending.data, answerAll)
        case .failure(let error): answerAll(.failure(.broker(error)))
        }
    }

    private func put(_ data: ByteBuffer?, _ answer: @escaping Answer) {
        guard !self.hasEnded else { return answer(.failure(.ended)) }
        guard let name = self.hub.name else { return answer(.failure(.broker(.missing))) }
        guard self.room == nil || self.room == name else {
            // The topic is another by now, and the reader about to end.
            self.leave { _ in }
            return answer(.failure(.ended))
        }
        if self.room == nil { self.connection.memberships += 1 }
        self.room = name
        let eventLoop = self.hub.eventLoop
        let bound = NIOLoopBound((self, answer), eventLoop: eventLoop)
        let failure = self.hub.service.put(
            PresenceService.Wish(self.connection, data),
            in: name
        ) { result in
            eventLoop.execute {
                let (seat, answer) = bound.value
                seat.settled()
                answer(result)
            }
        }
        guard let failure else { return }
        self.settled()
        answer(.failure(failure))
    }

    /// A join or an update is done, or has failed: who joined in vain is no member.
    private func settled() {
        guard let room = self.room, self.hub.service.member(self.connection.id, in: room) == nil else { return }
        self.forgetRoom()
    }

    private func forgetRoom() {
        guard self.room != nil else { return }
        self.room = nil
        self.connection.memberships -= 1
    }
}

extension PresenceService.Wish {
    fileprivate init(_ connection: PresenceConnection, _ data: ByteBuffer?) {
        self.init(connection: connection.id, user: connection.user, username: connection.username, data: data)
    }
}
