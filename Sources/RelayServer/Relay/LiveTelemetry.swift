import Foundation
import Logging
import NIOCore
import RelayCore
import RelayTelemetry
import Synchronization

/// Telemetry by the configuration, as it is at each moment.
///
/// Owns, in a short `Mutex`, what was made for a configuration that was examined and may come into force next. So nothing can fail once it does.
final class LiveTelemetry: Sendable {
    let telemetry: Telemetry
    /// Tells this process from others: the same for as long as it runs.
    private let instance = UUID().uuidString.lowercased()
    private let prepared = Mutex<PreparedTelemetry?>(nil)

    /// - Throws: ``RelayStartError`` where the file of the authorities is not good.
    init(
        _ configuration: RelayConfiguration.Telemetry,
        memory: MemoryLedger,
        clock: RelayClock,
        on group: any EventLoopGroup,
        logger: Logger
    ) throws {
        self.telemetry = Telemetry(memory: memory, clock: clock, on: group, logger: logger)
        if let problem = self.prepare(configuration) { throw RelayStartError.unavailable("\(problem)") }
        self.changeToPrepared()
    }

    /// Has it follow the configuration that it was made with.
    func follow(_ live: LiveConfiguration) {
        live.examine { self.prepare($0.telemetry) }
        live.observeChanges { self.change(from: $0.telemetry, to: $1.telemetry) }
    }

    private func change(from old: RelayConfiguration.Telemetry, to new: RelayConfiguration.Telemetry) {
        guard !new.hasSameCollector(as: old) else {
            self.prepared.withLock { $0 = nil }
            return self.telemetry.change(sampling: new.sampling, namesTopics: new.namesTopics)
        }
        self.changeToPrepared()
    }

    private func changeToPrepared() {
        let prepared = self.prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared
        }
        if let prepared { self.telemetry.change(to: prepared) }
    }

    /// Makes what is needed for it. Waits for a file.
    ///
    /// - Returns: what stands against it; nil where nothing does.
    private func prepare(_ configuration: RelayConfiguration.Telemetry) -> ConfigurationProblem? {
        do {
            let prepared = try self.telemetry.prepare(configuration.settings(instance: self.instance))
            self.prepared.withLock { $0 = prepared }
            return nil
        } catch {
            guard let path = configuration.authorities else {
                return ConfigurationProblem(key: "otlp_endpoint", "TLS can't be had: \(error)")
            }
            return ConfigurationProblem(key: "otlp_ca_path", "\(path) holds no certificates: \(error)")
        }
    }
}
