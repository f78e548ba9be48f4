import Logging
import NIOCore
import RelayCore
import RelayPresence
import RelaySessions

/// Stops the relay without losing what it owes: no new connections, answers to all that is under way, then the end.
struct RelayDrain: Sendable {
    let parts: RelayParts
    let listener: Listener
    var others: [Listener] = []
    var quic: RelayQUICPort?
    /// How long the relay serves on and says that it will stop.
    var notice = Duration.zero
    /// For all of it after that together.
    let grace: Duration
    /// Of the grace, how long connections that last are let go one after another.
    var spread = Duration.zero
    /// Where clients had better come again; nil for where they were.
    var alternate: PublicURL?

    /// What each step has, even if the ones before it took all of the grace.
    private static let moment = Duration.seconds(1)
    private static let webhookPatience = Duration.seconds(2)
    /// For what waits for the collector of telemetry.
    static let telemetryPatience = Duration.seconds(2)

    /// How long a relay takes to stop at most, from the signal to the end of its process.
    static func longest(_ server: RelayConfiguration.Server) -> Duration {
        // The five moments of this drain, and two more for the store to close.
        server.shutdownNotice + server.shutdownGrace + self.webhookPatience + self.telemetryPatience + self.moment * 7
    }

    func run() async {
        self.parts.draining.begin(alternate: self.alternate?.origin)
        self.parts.sessions.service.drain()
        if self.notice > .zero { await self.giveNotice() }
        let end = ContinuousClock.now + self.grace
        for listener in self.listeners { listener.channel.close(promise: nil) }
        self.quic?.stopAccepting(endingIn: self.grace)
        self.parts.loops.shutDownConnections(over: TimeAmount(min(self.spread, self.grace * 0.8)))
        if await !self.drained(within: self.grace) {
            let count = await self.parts.loops.cutOffConnections()
            self.parts.services.logger.warning(
                "the grace is over: connections that were still open were cut off",
                metadata: ["connections": "\(count)", "grace": "\(self.grace)"]
            )
            _ = await self.drained(within: Self.moment)
        }
        await self.quic?.drained(within: max(end - .now, Self.moment))
        // Before anything is waited for that may take long: who has left is not shown any more.
        if await !self.haveAllLeft(within: Self.moment) {
            self.parts.services.logger.warning(
                "members of topics could not be taken off in time: other relays do that when this one is missed"
            )
        }
        if await !self.isAllStored(within: max(end - .now, Self.moment)) {
            self.parts.services.logger.warning(
                "messages with durability memory were not stored in time, and are lost"
            )
        }
        // Whoever could acknowledge something has left.
        await self.parts.acks.flush()
        await self.tellWebhook()
        await self.parts.herald.leave()
        await self.parts.audit.settle(within: Self.moment)
        self.parts.lane.close()
        do {
            try await self.parts.loops.stop()
        } catch {
            self.parts.services.logger.error("a delivery loop did not stop", metadata: ["error": "\(error)"])
        }
    }

    /// What has happened until now a webhook is told, where it answers.
    private func tellWebhook() async {
        guard let webhook = self.parts.webhook?.webhook else { return }
        await self.parts.changes?.flush()
        await webhook.settled(within: Self.webhookPatience)
    }

    /// Peers that are here are told until when they had better be elsewhere.
    private func giveNotice() async {
        let end = ContinuousClock.now + self.notice
        self.parts.services.logger.info("stopping soon", metadata: ["notice": "\(self.notice)"])
        await self.parts.sessions.service.announceDraining(
            within: self.notice,
            alternate: self.alternate?.origin
        )
        try? await Task.sleep(until: end)
    }

    /// Nobody else waits for messages whose durability is `memory`.
    private func isAllStored(within limit: Duration) async -> Bool {
        await self.happens(within: limit) { self.parts.broker.whenNothingIsUnstored($0) }
    }

    /// Connections have left the topics on which they were; whoever has not by now does.
    private func haveAllLeft(within limit: Duration) async -> Bool {
        let presence = self.parts.presence
        presence.leaveAll()
        return await self.happens(within: limit) { presence.whenAllHaveLeft($0) }
    }

    /// - Returns: whether the last connection has gone in time.
    private func drained(within limit: Duration) async -> Bool {
        await self.happens(within: limit) { done in
            EventLoopFuture.whenAllComplete(self.listeners.map(\.drained), on: self.listener.channel.eventLoop)
                .whenComplete { _ in done() }
        }
    }

    private var listeners: [Listener] { [self.listener] + self.others }

    /// - Parameter begin: is handed what to call when it has happened.
    private func happens(within limit: Duration, _ begin: (@escaping @Sendable () -> Void) -> Void) async -> Bool {
        let done = self.listener.channel.eventLoop.makePromise(of: Bool.self)
        let timer = self.listener.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { done.succeed(false) }
        begin {
            timer.cancel()
            done.succeed(true)
        }
        do {
            return try await done.futureResult.get()
        } catch {
            return false
        }
    }
}
