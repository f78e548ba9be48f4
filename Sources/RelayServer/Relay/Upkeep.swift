import Logging
import RelayAccess
import RelayCore

/// Lets the stores forget what has expired, every so often.
struct Upkeep: Sendable {
    private static let interval = Duration.seconds(60)
    /// Rounds of messages to one of tokens and named readers.
    private static let roundsPerTokenSweep = 60

    let broker: Broker
    let cursors: ReaderCursors
    let access: Access
    /// Nil where there is none.
    var audit: AuditTrail? = nil
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        var round = 0
        var lost = 0
        var settled = SettledClock()
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: Self.interval)
            } catch {
                break
            }
            round += 1
            lost = self.report(lostSince: lost)
            let clock = self.broker.clock
            let now = settled.read(wall: clock.now(), uptime: clock.uptime())
            await self.resynchronize()
            await self.sweep { () async throws in try await self.broker.sweep(at: now) }
            if round % Self.roundsPerTokenSweep == 0 {
                await self.sweep { () async throws in try await self.cursors.sweep(at: now) }
                await self.sweep { () async throws in try await self.access.sweep(at: now) }
                await self.sweep { () async throws in try await self.audit?.sweep(at: now) }
            }
        }
        // By now the relay has waited for what was on its way.
        _ = self.report(lostSince: lost)
    }

    /// Nobody else is told of messages that were answered for before they were stored.
    ///
    /// - Returns: how many were lost so far.
    private func report(lostSince before: Int) -> Int {
        let lost = self.broker.statistics.lostMessages
        if lost > before {
            self.logger.warning(
                "messages with durability memory were lost: the store did not take them",
                metadata: ["messages": "\(lost - before)"]
            )
        }
        return lost
    }

    /// The command line may have changed users in the store behind the relay's back.
    private func resynchronize() async {
        do {
            try await self.access.authenticator.resynchronize(at: self.broker.clock.now())
        } catch {
            self.logger.warning("users could not be read again", metadata: ["error": "\(error)"])
        }
    }

    /// A store that can't now will be asked again: what has expired is not served meanwhile.
    private func sweep(_ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            self.logger.warning("expired data could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
