import Logging
import NIOCore
import RelayAccess
import RelayCore
import Synchronization

/// Sees to it that somebody delivers for each webhook, and that nobody else does: takes leases, and runs what it has.
///
/// Where relays share a store each tries to have all. What a dead relay had another has once its leases have run out.
///
/// Owner of the runs, and of what it knows of its leases: its lock.
final class WebhookKeeper: Sendable {
    /// How often it looks, and renews.
    static let interval = Duration.seconds(5)
    /// How long it rests after a look, whatever its users change meanwhile.
    static let rest = Duration.seconds(1)
    /// How long a lease is good. A request may not begin that could outlast it.
    static let leaseSeconds: Int64 = 25
    private static let page = 100

    let services: WebhookServices
    let readers: ReaderLookout
    /// Who has this relay's leases.
    private let holder: String
    private struct State {
        var runs: [String: WebhookRun] = [:]
        /// Ids of webhooks whose leases it had when it looked last.
        var held: Set<String> = []
    }

    private let state = Mutex(State())
    private let news: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(_ services: WebhookServices, holder: String) {
        self.services = services
        self.holder = holder
        self.readers = ReaderLookout(services, holder: holder)
        (self.news, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There is a webhook more, or less, or one is to stop or go on.
    func changed() { self.signal.yield() }

    /// Returns when its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tick() }
            var hasFailed = false
            for await _ in self.news {
                do throws(StoreError) {
                    for run in try await self.look() { group.addTask { await self.run(run) } }
                    hasFailed = false
                } catch {
                    if !hasFailed {
                        self.services.logger.warning("webhooks can't be read", metadata: ["error": "\(error)"])
                    }
                    hasFailed = true
                }
                try? await Task.sleep(for: Self.rest)
            }
            group.cancelAll()
        }
        let held = self.state.withLock { Array($0.held) }
        if !held.isEmpty { try? await self.services.store.releaseWebhooks(held, of: self.holder) }
        await self.services.poster.http.close()
    }

    private func tick() async {
        repeat {
            self.signal.yield()
            try? await Task.sleep(for: Self.interval)
        } while !Task.isCancelled
        self.signal.finish()
    }

    private func run(_ run: WebhookRun) async {
        await run.run()
        self.state.withLock { state in if state.runs[run.webhook.id] === run { state.runs[run.webhook.id] = nil } }
        // It may have ended to make room for the next.
        self.signal.yield()
    }

    // MARK: Looking

    /// Ends what is not to run any more.
    ///
    /// - Returns: what is to run from now on.
    private func look() async throws(StoreError) -> [WebhookRun] {
        let (webhooks, dead) = try await self.webhooks()
        let before = self.services.clock.uptime()
        let leased = try await self.lease(webhooks)
        let held = webhooks.filter { leased.contains($0.id) }
        let fresh = self.settle(held, leaseEnd: before + .seconds(Self.leaseSeconds))
        await self.readers.look(
            for: webhooks.filter { !$0.definition.events.isDisjoint(with: WebhookEvent.ofReaders) },
            self.state.withLock(\.runs)
        )
        for run in self.state.withLock({ Array($0.runs.values) }) { await run.recordHealth() }
        self.tell(dead: dead)
        return fresh
    }

    private func lease(_ webhooks: [StoredWebhook]) async throws(StoreError) -> Set<String> {
        guard !webhooks.isEmpty else { return [] }
        return try await self.services.store.leaseWebhooks(
            webhooks.map(\.id),
            to: self.holder,
            seconds: Self.leaseSeconds
        )
    }

    private func webhooks() async throws(StoreError) -> (running: [StoredWebhook], dead: Int) {
        var (running, dead): ([StoredWebhook], Int) = ([], 0)
        var last: String?
        while true {
            let page = try await self.services.store.webhooks(of: nil, after: last, limit: Self.page)
            guard let end = page.last else { return (running, dead) }
            running += page.filter(\.isRunning)
            dead += page.count { $0.health.death != nil }
            last = end.id
        }
    }

    private func settle(_ held: [StoredWebhook], leaseEnd: NIODeadline) -> [WebhookRun] {
        let wanted = Dictionary(uniqueKeysWithValues: held.map { ($0.id, $0) })
        return self.state.withLock { state in
            state.held = Set(wanted.keys)
            for (id, run) in state.runs {
                if let webhook = wanted[id], webhook.revision == run.webhook.revision {
                    run.renew(until: leaseEnd)
                } else {
                    run.stop()
                }
            }
            // One that is to begin anew waits until the one before has ended.
            let fresh = held.filter { state.runs[$0.id] == nil }
                .map { WebhookRun($0, self.services, leaseEnd: leaseEnd) }
            for run in fresh { state.runs[run.webhook.id] = run }
            return fresh
        }
    }

    private func tell(dead: Int) {
        var standing = TopicWebhookCounts.Standing()
        standing.dead = dead
        for run in self.state.withLock({ Array($0.runs.values) }) {
            let (isFailing, lag) = run.standing
            if isFailing { standing.failing += 1 } else { standing.running += 1 }
            standing.lag += lag
        }
        self.services.counts.stand(standing)
    }

    // MARK: For who makes and removes them

    /// Stands at the end of a webhook's topic, so that it is told of all that comes from now on.
    func stand(_ webhook: StoredWebhook, as user: Principal) async throws(BrokerError) {
        guard case .topic(let name) = webhook.definition.target,
            let key = self.services.broker.catalog.key(ofPath: name, for: user.id),
            let reader = webhook.readerName
        else { return }
        let topic: Topic
        do throws(BrokerError) {
            topic = try await self.services.broker.topic(key, for: .join, as: user).topic
        } catch {
            // What there is not yet is read from its beginning.
            guard case .missing = error else { throw error }
            return
        }
        _ = try await self.services.cursors.openOwn(reader, of: webhook.user, in: topic, startingAt: .tail)
    }

    /// Forgets where a webhook of one topic stood. Of one with a prefix the places go when they have been idle for long.
    func forget(_ webhook: StoredWebhook) async {
        guard case .topic(let name) = webhook.definition.target,
            let key = self.services.broker.catalog.key(ofPath: name, for: webhook.user),
            let reader = webhook.readerName
        else { return }
        try? await self.services.cursors.close(NamedReader(topic: key, user: webhook.user, name: reader))
    }
}
