import Foundation
import RelayAccess
import RelayCore
import RelayEditing
import RelayPresence
import RelaySessions
import RelayStorage
import Synchronization

/// Editing sessions, put together: what serves them, what keeps their time, and what is counted of them.
struct RelaySessionParts: Sendable {
    let service: SessionService
    let keeper: SessionKeeper
    let metrics: SessionMetrics
    let messages: SessionMessageCounts
    /// Who else is told of transitions.
    let observers: TransitionObservers

    /// - Parameters:
    ///   - messages: what sessions' topics count.
    ///   - secret: of access tokens: the tickets' key is sealed under it where the store has it.
    /// - Throws: ``RelayStartError`` where the configured key is none.
    static func open(
        _ configuration: RelayConfiguration,
        _ store: any RelayStore,
        _ broker: Broker,
        _ messages: SessionMessageCounts,
        secret: Secret
    ) throws -> RelaySessionParts {
        let settings = configuration.sessions.settings
        let metrics = SessionMetrics()
        let observers = TransitionObservers()
        let shared = (store as? any SharedDeadlines)?.deadlines(for: .sessions)
        let service = SessionService(
            settings: settings,
            keys: try Self.keys(configuration.sessions, broker, secret),
            broker: broker,
            deadlines: shared ?? DeadlineTable(),
            takingProof: Self.takingProof(by: store),
            onTransition: {
                metrics.count($0)
                observers.tell($0)
            }
        )
        return RelaySessionParts(
            service: service,
            keeper: SessionKeeper(service, sharesDeadlines: shared != nil),
            metrics: metrics,
            messages: messages,
            observers: observers
        )
    }

    private static func takingProof(
        by store: any RelayStore
    ) -> (@Sendable (_ name: String) async throws(StoreError) -> Bool)? {
        guard let counts = store as? any SharedRateCounts else { return nil }
        // For as long as a proof by a clock that is ahead can be good, and more.
        let once = RateLimit(count: 1, windowSeconds: 3 * RequestProof.lifetimeSeconds)
        return { (name: String) async throws(StoreError) -> Bool in
            try await counts.admit(.proof, key: name, limit: once) == nil
        }
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
                secret: secret.value,
                longestTicketSeconds: configuration.longestLifetime.components.seconds
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

/// Parts of the relay that are told of what becomes of sessions, as far as this relay decides it.
final class TransitionObservers: Sendable {
    private let observers = Mutex<[@Sendable (SessionTransition) -> Void]>([])

    /// - Parameter observer: called on any thread; must be quick.
    func add(_ observer: @escaping @Sendable (SessionTransition) -> Void) {
        self.observers.withLock { $0.append(observer) }
    }

    func tell(_ transition: SessionTransition) {
        for observer in self.observers.withLock({ $0 }) { observer(transition) }
    }
}

extension RelayConfiguration {
    /// The kinds of topic that there are.
    func topicBehaviors(counting messages: SessionMessageCounts) -> [any TopicBehavior] {
        let settings = self.sessions.settings
        let sessions = SessionTopic.all(rules: settings.rules, limits: settings.messages, counts: messages)
        let documents = DocumentService.behaviors(self.documents.settings, within: SessionDocumentHome())
        return [PlainStream()] + sessions + [SessionKeyTopic()] + documents + [PresenceTopic()]
    }
}
