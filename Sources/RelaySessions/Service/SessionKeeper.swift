import RelayCore
import RelayWire

/// Keeps sessions' time: renews the leases of peers that are there, and carries out what has become due, also for a relay that is no more.
///
/// Relays that share a store share the deadlines. Whoever is given one first does what it asks; the session decides whether anything is to be
/// done. So each leave is told once, and by some relay always.
public final class SessionKeeper: Sendable {
    /// How often what is due is looked for.
    private static let interval = Duration.seconds(1)
    /// Deadlines that are taken at a time.
    private static let batch = 100
    /// How often all sessions are looked at, in seconds: what a relay that died could not set any more is set then.
    private static let roundSeconds: Int64 = 60

    private let service: SessionService
    private let presence: PeerPresence
    private let sharesDeadlines: Bool

    /// - Parameter sharesDeadlines: whether the deadlines outlive this relay. If not, all are set anew at the start.
    public init(_ service: SessionService, sharesDeadlines: Bool) {
        self.service = service
        self.presence = service.broker.presence
        self.sharesDeadlines = sharesDeadlines
    }

    /// Returns when its task is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.watchArrivals() }
            tasks.addTask { await self.renewAll() }
            tasks.addTask { await self.lookForDue() }
            tasks.addTask { await self.lookAtAll() }
        }
    }

    // MARK: Who is there

    private func watchArrivals() async {
        for await _ in self.presence.peersArrived {
            await self.service.peersAreThere(self.presence.takeArrivals())
        }
    }

    private func renewAll() async {
        let times = self.service.settings.rules.times
        while (try? await Task.sleep(for: .seconds(max(1, times.leaseSeconds / 3)))) != nil {
            await self.service.peersAreThere(self.presence.takePresent())
        }
    }

    // MARK: What is due

    private func lookForDue() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            await self.carryOutDue()
        }
    }

    /// Carries out all that is due now.
    public func carryOutDue() async {
        while let due = try? await self.service.deadlines.dueDeadlines(at: self.service.now, limit: Self.batch) {
            for deadline in due { await self.service.carryOut(deadline.name) }
            guard due.count == Self.batch else { return }
        }
    }

    // MARK: All of them

    private func lookAtAll() async {
        var isFirst = true
        repeat {
            await self.lookAtAllOnce(settingLeases: isFirst && !self.sharesDeadlines)
            isFirst = false
            await self.service.keys.refresh()
        } while (try? await Task.sleep(for: .seconds(Self.roundSeconds))) != nil
    }

    /// Sets the deadlines of every session, and counts them.
    private func lookAtAllOnce(settingLeases leases: Bool) async {
        var last: TopicKey?
        var active = 0
        repeat {
            guard let page = try? await self.service.page(after: last) else { return }
            for session in page.sessions {
                if !session.state.isEnded { active += 1 }
                await self.service.setMissingDeadlines(of: session, leases: leases, within: 2 * Self.roundSeconds)
            }
            last = page.next
        } while last != nil && !Task.isCancelled
        self.service.counted(active)
    }
}
