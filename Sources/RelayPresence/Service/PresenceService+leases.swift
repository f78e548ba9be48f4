import NIOCore
import RelayCore
import RelayWire
import Synchronization

/// How relays vouch for their members. A relay has one deadline for each topic with members of its own, and puts it off as long as it lives.
/// Where one is over, and stays so for some time by another relay's own clock, that one takes the relay's members off. A relay that was taken for
/// lost by mistake reads that, and says again who is there.
///
/// A lease of ``PresenceSettings/leaseSeconds`` is renewed at a third. It is due at half of it, and two fifths later it has lapsed.
extension PresenceService {
    func lease(_ room: PresenceRoom) -> Deadline.Name { Deadline.Name(topic: room.part, peer: self.relay.text) }

    private var leaseEnd: Timestamp {
        let now = self.now.microseconds
        return Timestamp(microseconds: now.addingReportingOverflow(self.settings.leaseSeconds * 500_000).partialValue)
    }

    /// For how long a lease that is due has to stay unrenewed: longer than from one renewal to the next.
    private var suspicion: TimeAmount { .milliseconds(self.settings.leaseSeconds * 400) }

    /// Those by which other relays vouch for their members in a roster.
    func foreignLeases(of roster: Roster, on part: TopicKey) -> [Deadline.Name] {
        roster.relays.filter { $0 != self.relay }.map { Deadline.Name(topic: part, peer: $0.text) }
    }

    func beginLease(of room: PresenceRoom) async throws(BrokerError) {
        guard let leases = self.leases, !room.state.withLock(\.isLeased) else { return }
        do throws(StoreError) {
            try await leases.setDeadlines([.renewed(self.lease(room), at: self.leaseEnd)])
        } catch {
            throw .store(error)
        }
        room.state.withLock { $0.isLeased = true }
    }

    /// Nobody is there for whom to vouch. What can't be removed now ends by itself, and then nobody is found to be taken off.
    func endLease(of room: PresenceRoom) async {
        let wasLeased = room.state.withLock { state in
            defer { state.isLeased = false }
            return state.isLeased
        }
        guard wasLeased, let leases = self.leases, self.isAlone(room) else { return }
        try? await leases.removeDeadlines([self.lease(room)])
    }

    /// Whether no other room has the lease too: one of a topic of the same name that was made since.
    private func isAlone(_ room: PresenceRoom) -> Bool {
        self.registry.withLock { registry in
            registry.roomsByPart[room.part, default: 0] == (registry.rooms[room.name] === room ? 1 : 0)
        }
    }

    /// Puts off what this relay has.
    ///
    /// - Returns: whether the store has taken it.
    func renewLeases() async -> Bool {
        guard let leases = self.leases else { return true }
        let rooms = self.registry.withLock { Array($0.rooms.values) }.filter { room in room.state.withLock(\.isLeased) }
        let end = self.leaseEnd
        do throws(StoreError) {
            try await leases.setDeadlines(rooms.map { .renewed(self.lease($0), at: end) })
        } catch {
            return false
        }
        // One that was given up meanwhile is not renewed for ever.
        let over = rooms.filter { room in !room.state.withLock(\.isLeased) && self.isAlone(room) }
        try? await leases.removeDeadlines(over.map { self.lease($0) })
        return true
    }

    /// Relays whose members are seen here have to have a lease. One whose lease was lost with a failed server, and that is gone besides, would be
    /// shown for ever.
    func vouch(for names: [Deadline.Name]) async {
        let end = self.leaseEnd
        try? await self.leases?.addDeadlines(names.map { .renewed($0, at: end) })
    }

    // MARK: Those that are gone

    /// Deadlines that are taken at a time: for each a whole roster may be read.
    private static let expiredAtOnce = 4
    /// So often at most in one look. What is left is due again soon.
    private static let mostRounds = 250

    /// Takes off the members of relays whose leases have lapsed.
    ///
    /// - Returns: false where the store can't be asked.
    func expireLeases() async -> Bool {
        guard let leases = self.leases else { return true }
        self.leaseWatch.withLock { $0.beginLook() }
        for _ in 0..<Self.mostRounds {
            do throws(StoreError) {
                let due = try await leases.dueDeadlines(at: self.now.inMilliseconds, limit: Self.expiredAtOnce)
                try await self.expire(due, leases)
                guard due.count == Self.expiredAtOnce else { return true }
            } catch {
                return false
            }
        }
        return true
    }

    private func expire(_ due: [Deadline], _ leases: any DeadlineStore) async throws(StoreError) {
        let now = self.broker.clock.uptime()
        let lapsed = self.leaseWatch.withLock { watch in
            due.filter { deadline in
                deadline.name.peer == self.relay.text || watch.hasLapsed(deadline, at: now, after: self.suspicion)
            }.map(\.name)
        }
        // All relays look at what is only suspected, in their next looks.
        let next = self.now.adding(seconds: 1)
        let suspected = due.filter { !lapsed.contains($0.name) }.map { Deadline.suspected($0.name, at: next) }
        if !suspected.isEmpty { try await leases.setDeadlines(suspected) }
        await withTaskGroup(of: Void.self) { tasks in
            for name in lapsed { tasks.addTask { await self.expire(name, leases) } }
        }
    }

    private func expire(_ name: Deadline.Name, _ leases: any DeadlineStore) async {
        guard let relay = name.peer.map(RelayName.init) else { return }
        guard relay != self.relay else { return await self.renewOwn(name, leases) }
        do {
            try await self.takeOff(relay, name.topic)
            try await leases.removeDeadlines([name])
            self.leaseWatch.withLock { $0.forget(name) }
        } catch {
            // It is due again in some seconds.
        }
    }

    /// This relay's own was late.
    private func renewOwn(_ name: Deadline.Name, _ leases: any DeadlineStore) async {
        let isInUse = self.registry.withLock { $0.roomsByPart[name.topic] != nil }
        if isInUse {
            try? await leases.setDeadlines([.renewed(name, at: self.leaseEnd)])
        } else {
            try? await leases.removeDeadlines([name])
        }
    }

    private static let takenOffAtOnce = 256

    private func takeOff(_ relay: RelayName, _ part: TopicKey) async throws(BrokerError) {
        guard let topic = PresenceTopic.root(of: part) else { return }
        let id: String
        do throws(BrokerError) {
            id = try await self.broker.storedTopic(topic, for: .inspect, as: .relay).record.id
        } catch .missing {
            // Its presence is gone too.
            return
        }
        let (roster, _) = try await self.read(part, of: id)
        var lost = roster.members.values.filter { $0.relay == relay }[...]
        while !lost.isEmpty {
            let now = self.now
            let drafts = lost.prefix(Self.takenOffAtOnce).map { member in
                PresenceWord(connection: member.connection, topic: id, relay: self.relay, content: .gone).draft(at: now)
            }
            _ = try await self.broker.announce(drafts, to: part, of: id)
            self.counters.expire(drafts.count)
            lost = lost.dropFirst(drafts.count)
        }
    }
}
