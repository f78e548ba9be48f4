import NIOCore
import RelayCore
import RelayWire
import Synchronization

/// What the service does by itself.
extension PresenceService {
    /// How often leases that are over are looked for.
    private static let interval = Duration.seconds(1)
    /// What is older than this part of what messages are kept for is said again.
    private static let secondsUntilSaidAgain = PresenceTopic.secondsKept / 2

    /// Writes, renews and looks after those of other relays. Returns when its task is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await self.keepLooking() }
            if self.leases != nil { tasks.addTask { await self.keepRenewing() } }
            if self.leases != nil { tasks.addTask { await self.keepExpiring() } }
            for await work in self.work { tasks.addTask { await self.carryOut(work) } }
        }
    }

    private func carryOut(_ work: Work) async {
        switch work {
        case .write(let room): await self.write(room)
        case .vouch(let names): await self.vouch(for: names)
        case .make(let topic, let principal, let body):
            do throws(BrokerError) {
                try await self.broker.makeTopic(topic, as: principal)
                body(.success(()))
            } catch {
                body(.failure(error))
            }
        }
    }

    /// A third of a lease.
    private var renewalTime: Duration { .seconds(self.settings.leaseSeconds) / 3 }

    private func keepRenewing() async {
        while (try? await Task.sleep(for: self.renewalTime)) != nil {
            while await !self.renewLeases(), (try? await Task.sleep(for: Self.interval)) != nil {}
        }
    }

    /// However long leases are, and whether or not they can be renewed now.
    private func keepLooking() async {
        while (try? await Task.sleep(for: self.lookInterval)) != nil {
            self.lookAtRooms()
            self.lookAtLoops()
        }
    }

    /// Takes nobody off before all relays have had the time to renew what they have: after its own start, and after a time in which the store
    /// could not be asked, as then nobody could renew.
    private func keepExpiring() async {
        var mayExpireAt = self.broker.clock.uptime() + self.patience
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let mayExpire = self.broker.clock.uptime() >= mayExpireAt
            let isReached = mayExpire ? await self.expireLeases() : await self.isStoreReached()
            if !isReached { mayExpireAt = self.broker.clock.uptime() + self.patience }
        }
    }

    /// More than a renewal takes, with a second try.
    private var patience: TimeAmount { .seconds(self.settings.leaseSeconds / 2 + 1) }

    private func isStoreReached() async -> Bool {
        guard let leases = self.leases else { return false }
        return (try? await leases.dueDeadlines(at: self.now, limit: 0)) != nil
    }

    // MARK: Looking after what there is

    /// Has words said again that the stream has lost, or is about to.
    func lookAtRooms() {
        let oldest = self.now.adding(seconds: -Self.secondsUntilSaidAgain).milliseconds
        for room in self.registry.withLock({ Array($0.rooms.values) }) {
            let trimmed = self.broker.residentTopic(room.part)?.bounds.trimmedThrough ?? .zero
            let lost = max(trimmed, MessageID(milliseconds: oldest, sequence: 0))
            room.state.withLock { $0.book.lost(through: lost) }
            self.submit(room)
        }
    }

    private func lookAtLoops() {
        for look in self.registry.withLock({ Array($0.looks.values) }) { look() }
    }

    // MARK: Loops

    /// - Parameter look: has the loop look after what it knows. Called every few seconds, on any thread.
    func add(_ loop: ObjectIdentifier, look: @escaping @Sendable () -> Void) {
        self.registry.withLock { $0.looks[loop] = look }
    }

    func removeLoop(_ loop: ObjectIdentifier) {
        self.registry.withLock { $0.looks[loop] = nil }
    }

    // MARK: Stopping

    /// Takes all members of this relay off, and lets no more on. Who is taken off is written at once.
    public func leaveAll() {
        let rooms = self.registry.withLock { registry in
            registry.isStopping = true
            return Array(registry.rooms.values)
        }
        for room in rooms {
            for connection in room.state.withLock({ $0.book.connections }) {
                _ = self.remove(connection, from: room.name)
            }
        }
    }

    /// Waits until nobody of this relay is shown anywhere.
    ///
    /// - Parameter body: called once, on any thread, possibly before this returns.
    public func whenAllHaveLeft(_ body: @escaping @Sendable () -> Void) {
        let isEmpty = self.registry.withLock { registry in
            if !registry.rooms.isEmpty { registry.whenEmpty.append(body) }
            return registry.rooms.isEmpty
        }
        if isEmpty { body() }
    }
}
