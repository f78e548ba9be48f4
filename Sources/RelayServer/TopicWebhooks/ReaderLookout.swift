import Logging
import RelayAccess
import RelayCore
import Synchronization

/// Says to those who deliver for webhooks which of the webhooks' topics are read on this relay.
///
/// A look costs for what has changed since the one before: in topics, in webhooks, and in who delivers. Where relays share a store each says what
/// it has by the store, to the one that delivers, and says it again while it is so.
///
/// Owner of what is read, and of what was said: its lock.
final class ReaderLookout: Sendable {
    /// How long a relay's word on its readers is good: some looks.
    private static let wordSeconds: Int64 = 15

    /// What was said for a webhook.
    private struct Said {
        /// What other relays said then: a digest of it.
        var elsewhere = 0
        /// Whether the store has a word of this relay's that does not end by itself soon.
        var isStored = false
        /// Whether it is to be said again, although nothing has changed.
        var isDue = true
        /// Whether it was said to a run here: who delivers once the run has ended does not know it.
        var isTaken = false
    }

    private struct State {
        var topics: ReadTopics
        var said: [String: Said] = [:]
        var isWatching = false
    }

    private let services: WebhookServices
    /// Who this relay is to the others.
    private let holder: String
    private let state: Mutex<State>

    init(_ services: WebhookServices, holder: String) {
        self.services = services
        self.holder = holder
        self.state = Mutex(State(topics: ReadTopics(services.broker.catalog)))
    }

    /// How often a topic was compared with a webhook so far.
    var comparisons: Int { self.state.withLock { $0.topics.comparisons } }

    /// - Parameters:
    ///   - webhooks: all that tell of readers.
    ///   - runs: who delivers here, by the webhooks' ids.
    func look(for webhooks: [StoredWebhook], _ runs: [String: WebhookRun]) async {
        guard !webhooks.isEmpty else { return self.end() }
        self.takeNews(of: webhooks)
        for webhook in webhooks {
            do throws(StoreError) {
                if let run = runs[webhook.id] {
                    try await self.say(webhook, to: run)
                } else {
                    try await self.store(webhook)
                }
            } catch {
                self.state.withLock { $0.said[webhook.id]?.isDue = true }
                self.services.logger.debug("readers of webhooks' topics are not told", metadata: ["error": "\(error)"])
            }
        }
    }

    private func end() {
        let wasWatching = self.state.withLock { state in
            defer { state = State(topics: ReadTopics(self.services.broker.catalog)) }
            return state.isWatching
        }
        if wasWatching { self.services.broker.endReaderNews() }
    }

    private func takeNews(of webhooks: [StoredWebhook]) {
        let broker = self.services.broker
        let news = broker.takeReaderNews()
        let areOthers = self.state.withLock { state in
            state.isWatching = true
            guard state.topics.tell(for: webhooks) else { return false }
            state.said = Dictionary(uniqueKeysWithValues: webhooks.map { ($0.id, state.said[$0.id] ?? Said()) })
            return true
        }
        guard let news, !areOthers else {
            let read = broker.topicsWithReaders()
            return self.state.withLock { state in
                state.topics.become(read)
                for webhook in webhooks { state.said[webhook.id]?.isDue = true }
            }
        }
        for key in news {
            let isRead = broker.hasReaders(key)
            self.state.withLock { state in
                for id in state.topics.become(isRead, key) { state.said[id]?.isDue = true }
            }
        }
    }

    /// Says it to who delivers, with what other relays have said, where either is news.
    private func say(_ webhook: StoredWebhook, to run: WebhookRun) async throws(StoreError) {
        let broker = self.services.broker
        var elsewhere: Set<String> = []
        if broker.isShared { elsewhere = try await self.services.store.topicsWithReaders(ofWebhook: webhook.id) }
        let digest = elsewhere.hashValue
        let here: Set<TopicKey>? = self.state.withLock { state in
            let said = state.said[webhook.id] ?? Said()
            guard said.isDue || !run.knowsReaders || said.elsewhere != digest else { return nil }
            return state.topics.topics(of: webhook.id)
        }
        guard let here else { return }
        let others = elsewhere.compactMap { broker.catalog.key(ofPath: $0, for: webhook.user) }
        let isSettled = run.found(readersOf: here.union(others))
        self.state.withLock { $0.said[webhook.id] = Said(elsewhere: digest, isDue: !isSettled, isTaken: true) }
    }

    /// Has the store keep it for the relay that delivers. Of a relay alone that is itself, in a moment.
    private func store(_ webhook: StoredWebhook) async throws(StoreError) {
        guard self.services.broker.isShared else { return self.state.withLock { $0.said[webhook.id]?.isDue = true } }
        let here: Set<TopicKey>? = self.state.withLock { state in
            guard let said = state.said[webhook.id], said.isDue || said.isStored || said.isTaken else { return nil }
            return state.topics.topics(of: webhook.id)
        }
        guard let here else { return }
        try await self.services.store.tellReaders(
            Self.first(self.services.settings.maxTopics, of: here),
            ofWebhook: webhook.id,
            on: self.holder,
            seconds: Self.wordSeconds
        )
        self.state.withLock { $0.said[webhook.id] = Said(isStored: !here.isEmpty, isDue: false) }
    }

    /// The same topics as long as they are read.
    private static func first(_ count: Int, of topics: Set<TopicKey>) -> [String] {
        let names = topics.map(\.name.rawValue)
        return names.count <= count ? names : Array(names.sorted { ExactText($0) < ExactText($1) }.prefix(count))
    }
}
