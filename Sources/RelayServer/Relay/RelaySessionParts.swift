import Foundation
import RelayAccess
import RelayCore
import RelaySessions
import RelayStorage

/// Editing sessions, put together: what serves them, what keeps their time, and what is counted of them.
struct RelaySessionParts: Sendable {
    let service: SessionService
    let keeper: SessionKeeper
    let metrics: SessionMetrics

    /// - Parameter secret: of access tokens: the tickets' key is sealed under it where the store has it.
    /// - Throws: ``RelayStartError`` where the configured key is none.
    static func open(
        _ configuration: RelayConfiguration,
        _ store: any RelayStore,
        _ broker: Broker,
        secret: Secret
    ) throws -> RelaySessionParts {
        let settings = configuration.sessions.settings
        let metrics = SessionMetrics()
        let shared = store as? any DeadlineStore
        let service = SessionService(
            settings: settings,
            keys: try Self.keys(configuration.sessions, broker, secret),
            broker: broker,
            deadlines: shared ?? DeadlineTable(),
            onTransition: { metrics.count($0) }
        )
        let keeper = SessionKeeper(service, sharesDeadlines: shared != nil)
        return RelaySessionParts(service: service, keeper: keeper, metrics: metrics)
    }

    private static func keys(
        _ configuration: RelayConfiguration.Sessions,
        _ broker: Broker,
        _ secret: Secret
    ) throws -> SessionKeys {
        do {
            let seed = try configuration.serverKey.map { key in
                try TicketSeed(setting: key.value) { path, limit in Self.contents(of: path, upTo: limit) }
            }
            return SessionKeys(
                broker: broker,
                cluster: configuration.clusterID,
                seed: seed,
                secret: secret.value
            )
        } catch let problem as TicketSeed.Problem {
            throw RelayStartError.unavailable("server_ed25519_key: \(problem)")
        }
    }

    private static func contents(of path: String, upTo limit: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        return (try? file.read(upToCount: limit)).map { Array($0) }
    }
}

extension RelayConfiguration {
    /// The kinds of topic that there are.
    var topicBehaviors: [any TopicBehavior] {
        let settings = self.sessions.settings
        return [PlainStream()] + SessionTopic.all(rules: settings.rules, limits: settings.messages) + [
            SessionKeyTopic()
        ]
    }
}
