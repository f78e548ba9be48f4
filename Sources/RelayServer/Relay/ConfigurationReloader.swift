import Logging
import RelayAccess

/// Reads the configuration again, for whoever asks: a signal, or an administrator. Says in the log what came of it.
struct ConfigurationReloader: Sendable {
    let live: LiveConfiguration
    let audit: AuditTrail
    let logger: Logger

    /// - Returns: what came of it; nil where there is nothing to read again.
    /// - Throws: all that is wrong with what was read. Then nothing has changed.
    func reload() throws(ConfigurationFailure) -> LiveConfiguration.Outcome? {
        do throws(ConfigurationFailure) {
            guard let outcome = try self.live.reload() else {
                self.logger.warning("the configuration can't be read again: the relay was given it by a program")
                return nil
            }
            self.log(outcome)
            return outcome
        } catch {
            for problem in error.problems {
                self.logger.error("the configuration was not changed", metadata: ["problem": "\(problem)"])
            }
            throw error
        }
    }

    private func log(_ outcome: LiveConfiguration.Outcome) {
        for warning in outcome.warnings { self.logger.warning("\(warning)") }
        self.logger.notice(
            "the configuration was read again",
            metadata: ["changed": "\(outcome.changed.map(\.text).joined(separator: "; "))"]
        )
        for change in outcome.needsRestart {
            self.logger.warning("a key waits for a restart", metadata: ["change": "\(change.text)"])
        }
    }

    /// Reloads for each of the signals; returns when its task is cancelled.
    func run(_ signals: AsyncStream<Void>) async {
        for await _ in signals {
            let outcome = try? self.reload()
            self.audit.record(
                AuditAct(
                    action: "config.reload",
                    outcome: outcome == nil ? .refused : .ok,
                    details: ["by": "SIGHUP", "changed": outcome?.changed.map(\.key).joined(separator: ",") ?? ""]
                )
            )
        }
    }
}
