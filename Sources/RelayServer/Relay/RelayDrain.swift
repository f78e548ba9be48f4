import Logging
import NIOCore
import RelayCore

/// Stops the relay without losing what it owes: no new connections, answers to all that is under way, then the end.
struct RelayDrain: Sendable {
    let parts: RelayParts
    let listener: Listener
    let grace: Duration

    func run() async {
        self.listener.channel.close(promise: nil)
        self.parts.loops.shutDownConnections()
        if await !self.drained(within: self.grace) {
            self.parts.services.logger.warning("connections were still open after the grace and were cut off")
            self.parts.loops.cutOffConnections()
            _ = await self.drained(within: .seconds(1))
        }
        if await !self.isAllStored(within: self.grace) {
            self.parts.services.logger.warning(
                "messages that were answered as memory were not stored in time, and are lost"
            )
        }
        self.parts.lane.close()
        do {
            try await self.parts.loops.stop()
        } catch {
            self.parts.services.logger.error("a delivery loop did not stop", metadata: ["error": "\(error)"])
        }
    }

    /// Nobody waits for messages whose durability is `memory`, so they are waited for here.
    private func isAllStored(within limit: Duration) async -> Bool {
        await self.happens(within: limit) { self.parts.broker.whenNothingIsUnstored($0) }
    }

    /// - Returns: whether the last connection has gone in time.
    private func drained(within limit: Duration) async -> Bool {
        await self.happens(within: limit) { done in self.listener.drained.whenComplete { _ in done() } }
    }

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
