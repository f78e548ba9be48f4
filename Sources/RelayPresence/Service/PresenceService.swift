import NIOCore
public import RelayCore
import RelayWire
import Synchronization

/// Who is on which topic, as this relay serves it: what its own members say is written, and those of relays that are gone are taken off.
///
/// Owner of which rooms there are: its lock. It is never held together with a room's.
public final class PresenceService: Sendable {
    /// What holds at this moment.
    public var settings: PresenceSettings { self.settingsInForce.current }
    private let settingsInForce: Adjustable<PresenceSettings>

    /// Of this relay, until it ends.
    let relay = RelayName(String(hexadecimal: UInt64.random(in: .min ... .max)))
    let broker: Broker
    let memory: MemoryLedger
    let leases: (any DeadlineStore)?
    let counters = PresenceCounters()
    let registry = Mutex(Registry())
    let readings = RosterReadings()
    let leaseWatch = Mutex(LeaseWatch())
    /// How often it looks after rooms and loops.
    let lookInterval: Duration
    /// For whoever runs the service.
    let work: AsyncStream<Work>
    let workArrived: AsyncStream<Work>.Continuation

    struct Registry {
        var rooms: [PresenceRoom.Name: PresenceRoom] = [:]
        /// How often each user is a member here.
        var users: [UserID: Int] = [:]
        /// What has each loop look after what it knows, by the loop's identity.
        var looks: [ObjectIdentifier: @Sendable () -> Void] = [:]
        var isStopping = false
        /// Told when there are no rooms any more.
        var whenEmpty: [@Sendable () -> Void] = []
        /// How many rooms have each presence: more than one while a topic is gone and made again.
        private(set) var roomsByPart: [TopicKey: Int] = [:]

        mutating func add(_ room: PresenceRoom) {
            self.rooms[room.name] = room
            self.roomsByPart[room.part, default: 0] += 1
        }

        /// Harmless for one that is not there any more.
        mutating func remove(_ room: PresenceRoom) {
            guard self.rooms[room.name] === room else { return }
            self.rooms[room.name] = nil
            let left = self.roomsByPart[room.part, default: 0] - 1
            self.roomsByPart[room.part] = left > 0 ? left : nil
        }
    }

    /// What suspends. Of each room, each seat and each look at a loop there is one at a time at most.
    enum Work: Sendable {
        case write(PresenceRoom)
        case make(TopicKey, Principal, @Sendable (Result<Void, BrokerError>) -> Void)
        case vouch([Deadline.Name])
    }

    /// - Parameters:
    ///   - memory: members and rosters are charged to its account `presence`.
    ///   - leases: how long relays vouch for their members; nil where no other relay writes to the store.
    ///   - interval: how often it looks whether what it says is still stored, and what its loops know still right.
    public init(
        settings: PresenceSettings,
        broker: Broker,
        memory: MemoryLedger,
        leases: (any DeadlineStore)?,
        lookingEvery interval: Duration = .seconds(10)
    ) {
        self.lookInterval = interval
        self.settingsInForce = Adjustable(settings)
        self.broker = broker
        self.memory = memory
        self.leases = leases
        (self.work, self.workArrived) = AsyncStream.makeStream()
    }

    /// Holds to other settings from now on. Who is there stays.
    ///
    /// - Parameter settings: a lease of another length holds from its next renewal on.
    public func change(to settings: PresenceSettings) { self.settingsInForce.change(to: settings) }

    /// For metrics. Cheap, from any thread.
    public var figures: PresenceFigures {
        let (rooms, members) = self.registry.withLock { ($0.rooms.count, $0.users.values.reduce(0, +)) }
        return self.counters.figures(members: members, topics: rooms)
    }

    /// Whether presence holds more than half of what it may.
    var isShortOfMemory: Bool { self.memory.bytes(in: .presence) > self.memory.order.limits[.presence] / 2 }

    /// By the wall clock.
    var now: Timestamp { self.broker.clock.now() }

    // MARK: Members

    /// Who is to be a member, or to be changed.
    struct Wish: Sendable {
        let connection: ConnectionID
        let user: UserID
        let username: String
        let data: ByteBuffer?
    }

    /// Makes somebody a member, or changes one.
    ///
    /// - Parameter ticket: called once, on any thread, unless a failure is returned.
    func put(
        _ wish: Wish,
        in name: PresenceRoom.Name,
        ticket: @escaping PresenceRoom.Ticket
    ) -> PresenceFailure? {
        while true {
            guard !self.isStopping, let room = self.room(name, makingIf: true) else { return .stopping }
            switch self.put(wish, in: room, ticket) {
            case .closed: self.forget(room)
            case .again: continue
            case .refused(let failure):
                self.submit(room)
                return failure
            case .taken:
                self.submit(room)
                return nil
            }
        }
    }

    private var isStopping: Bool { self.registry.withLock(\.isStopping) }

    /// - Returns: nil where there is none and none is to be made.
    func room(_ name: PresenceRoom.Name, makingIf isToBeMade: Bool) -> PresenceRoom? {
        self.registry.withLock { registry in
            if let room = registry.rooms[name] { return room }
            guard isToBeMade else { return nil }
            let room = PresenceRoom(name)
            registry.add(room)
            return room
        }
    }

    /// A room that has been closed is not found any more.
    func forget(_ room: PresenceRoom) {
        self.registry.withLock { $0.remove(room) }
    }

    private enum Putting {
        /// The connection counted for another user before.
        case taken(insteadOf: UserID?)
        case refused(PresenceFailure)
        /// The room has been closed.
        case closed
        /// Who was there has gone between two looks.
        case again
    }

    private func put(_ wish: Wish, in room: PresenceRoom, _ ticket: @escaping PresenceRoom.Ticket) -> Putting {
        let (settings, now) = (self.settings, self.now.inMilliseconds)
        // A connection may be another user's by now, while its leave as the one before is still to be written.
        let isKnown = room.state.withLock { $0.held[wish.connection]?.user == wish.user }
        if !isKnown, let failure = self.countMember(of: wish.user, settings) { return .refused(failure) }
        let putting = room.state.withLock { state -> Putting in
            guard !state.isClosed else { return .closed }
            let countedFor = state.held[wish.connection]?.user
            guard isKnown == (countedFor == wish.user) else { return .again }
            let before = state.book.member(wish.connection)
            guard before != nil || state.book.count < settings.maxMembersPerTopic else { return .refused(.full) }
            let member = PresenceMember(wish, before: before, at: now, by: self.relay)
            guard state.hasRoom(for: member, settings) else { return .refused(.full) }
            guard self.charge(member, &state) else { return .refused(.overloaded) }
            state.book.put(member, ticket: ticket)
            return .taken(insteadOf: isKnown ? nil : countedFor)
        }
        if case .taken(let before) = putting {
            if let before { self.uncount([before]) }
        } else if !isKnown {
            self.uncount([wish.user])
        }
        return putting
    }

    private func charge(_ member: PresenceMember, _ state: inout PresenceRoom.State) -> Bool {
        let more = state.growth(to: member)
        guard self.memory.charge(more, to: .presence) else { return false }
        state.hold(more, for: member)
        self.counters.hold(more)
        return true
    }

    private func countMember(of user: UserID, _ settings: PresenceSettings) -> PresenceFailure? {
        self.registry.withLock { registry in
            let count = registry.users[user, default: 0]
            guard count < settings.maxMembersPerUser else { return .tooManyMembers(settings.maxMembersPerUser) }
            registry.users[user] = count + 1
            return nil
        }
    }

    private func uncount(_ users: [UserID]) {
        self.registry.withLock { registry in
            for user in users {
                let left = registry.users[user, default: 0] - 1
                registry.users[user] = left > 0 ? left : nil
            }
        }
    }

    /// Who is a member here, or is about to be.
    func member(_ connection: ConnectionID, in name: PresenceRoom.Name) -> PresenceMember? {
        let room = self.registry.withLock { $0.rooms[name] }
        return room?.state.withLock { $0.book.member(connection) }
    }

    /// Takes a member off.
    ///
    /// - Returns: the member that there was.
    func remove(_ connection: ConnectionID, from name: PresenceRoom.Name) -> PresenceMember? {
        guard let room = self.registry.withLock({ $0.rooms[name] }) else { return nil }
        let (removed, released) = room.state.withLock { state in
            let removed = state.book.remove(connection)
            return (removed, removed.isGone ? state.release([connection]) : [])
        }
        self.release(released)
        for ticket in removed.void { ticket(.failure(.ended)) }
        self.counters.coalesce(removed.void.count)
        self.submit(room)
        return removed.member
    }

    /// What entries of the book held that are no more.
    func release(_ held: [PresenceRoom.Held]) {
        guard !held.isEmpty else { return }
        let bytes = held.reduce(0) { $0 + $1.bytes }
        self.memory.release(bytes, from: .presence)
        self.counters.hold(-bytes)
        self.uncount(held.compactMap(\.user))
    }

    /// Has somebody write what there is to write, if nobody does.
    func submit(_ room: PresenceRoom) {
        if room.beginWork() { self.workArrived.yield(.write(room)) }
    }
}

extension PresenceRoom.State {
    /// Entries of the book are no more: what they held, for the caller to release.
    mutating func release(_ connections: [ConnectionID]) -> [PresenceRoom.Held] {
        let released = connections.compactMap { self.held.removeValue(forKey: $0) }
        self.heldBytes -= released.reduce(0) { $0 + $1.bytes }
        return released
    }

    /// A member that said more before is stored as it is now.
    ///
    /// - Returns: what is held no longer; nil where that is nothing.
    mutating func shrink(to member: PresenceMember) -> PresenceRoom.Held? {
        guard let held = self.held[member.connection], held.bytes > member.cost else { return nil }
        let less = held.bytes - member.cost
        self.held[member.connection]?.bytes = member.cost
        self.heldBytes -= less
        return PresenceRoom.Held(user: nil, bytes: less)
    }

    /// How much more is held for a member than before. What is told meanwhile may still be the longer one.
    fileprivate func growth(to member: PresenceMember) -> Int {
        max(0, member.cost - (self.held[member.connection]?.bytes ?? 0))
    }

    /// Whoever says no more than before may always say it.
    fileprivate func hasRoom(for member: PresenceMember, _ settings: PresenceSettings) -> Bool {
        let more = self.growth(to: member)
        return more == 0 || self.heldBytes + more <= settings.maxBytesPerTopic
    }

    fileprivate mutating func hold(_ more: Int, for member: PresenceMember) {
        let before = self.held[member.connection]?.bytes ?? 0
        self.held[member.connection] = PresenceRoom.Held(user: member.user, bytes: before + more)
        self.heldBytes += more
    }
}

extension PresenceMember {
    /// - Parameter before: as it was, if it was there: it has joined then, whatever the clock says by now.
    fileprivate init(_ wish: PresenceService.Wish, before: PresenceMember?, at now: Timestamp, by relay: RelayName) {
        self.init(
            connection: wish.connection,
            user: wish.user,
            username: wish.username,
            data: wish.data,
            joinedAt: before?.joinedAt ?? now,
            lastSeen: max(now, before?.lastSeen ?? now),
            relay: relay
        )
    }
}
