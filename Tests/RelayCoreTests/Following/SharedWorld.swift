import RelayCore
import RelayWire
import SeededRandom
import Synchronization

/// A store that several relays share, and everything on its way from and to it: nothing arrives until its test says so.
final class SharedWorld: Sendable {
    struct State {
        var log: SharedLog
        var random: SeededGenerator
        /// Questions and answers on their way, in no order.
        var onItsWay: [@Sendable () -> Void] = []
        /// What each relay has yet to hear, in order.
        var news: [[StreamNews]]
        var listeners: [(@Sendable (StreamNews) -> Void)?]
        var listening: [Bool]
        /// How many of a hundred questions fail.
        var failures = 0
        /// Whether each relay has yet to hear that the topic was created or deleted.
        var hasTopicChanged: [Bool]
        /// How often pages were read.
        var pagesRead = 0
        /// How often the stream's bounds alone were asked for.
        var boundsAsked = 0
    }

    let clock = ManualClock()
    let key = TopicKey.named("news")
    let state: Mutex<State>

    init(relays: Int, seed: UInt64, noticesLosses: Bool = false) {
        self.state = Mutex(
            State(
                log: SharedLog(noticesLosses: noticesLosses),
                random: SeededGenerator(seed: seed),
                news: Array(repeating: [], count: relays),
                listeners: Array(repeating: nil, count: relays),
                listening: Array(repeating: false, count: relays),
                hasTopicChanged: Array(repeating: false, count: relays)
            )
        )
    }

    var log: SharedLog { self.state.withLock { $0.log } }

    /// What `body` says is decided somewhat later, and told later still.
    func ask<Value: Sendable>(
        _ body: @escaping @Sendable (inout State) -> Result<Value, StoreError>,
        _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        self.state.withLock { state in
            state.onItsWay.append {
                self.state.withLock { state in
                    let hasFailed = state.random.chance(state.failures)
                    let result = hasFailed ? .failure(StoreError(.unavailable, "away")) : body(&state)
                    state.onItsWay.append { completion(result) }
                }
            }
        }
    }

    func ask<Value: Sendable>(
        _ body: @escaping @Sendable (inout State) -> Result<Value, StoreError>
    ) async throws(StoreError) -> Value {
        try await withCheckedContinuation { continuation in
            self.ask(body) { continuation.resume(returning: $0) }
        }.get()
    }

    // MARK: What others do, at once and without a word

    func create(_ record: TopicRecord) {
        self.state.withLock { $0.log.create(record, &$0.random) }
    }

    func append(_ numbers: [Int]) {
        let drafts = numbers.map { Draft.numbered($0, at: self.clock.now) }
        let batch = AppendBatch(topic: self.key, drafts: drafts, retention: Retention())
        self.state.withLock { _ = $0.log.append(batch, at: self.clock.now, &$0.random) }
    }

    // MARK: What arrives

    /// - Returns: whether anything was on its way.
    func letSomethingArrive() -> Bool {
        let something = self.state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.onItsWay.isEmpty else { return nil }
            return state.onItsWay.remove(at: .random(in: state.onItsWay.indices, using: &state.random))
        }
        something?()
        return something != nil
    }

    /// - Returns: whether the relay had anything to hear.
    func tellNews(to relay: Int) -> Bool {
        let (news, listener) = self.state.withLock { state in
            (state.news[relay].isEmpty ? nil : state.news[relay].removeFirst(), state.listeners[relay])
        }
        if let news { listener?(news) }
        return news != nil
    }

    /// The relay's connection breaks: what it has yet to hear is lost, and it is told so.
    func loseNews(of relay: Int) {
        self.state.withLock { $0.news[relay] = [.missed([self.key])] }
    }
}

extension SharedWorld.State {
    mutating func announceTopicChange() {
        for relay in self.hasTopicChanged.indices { self.hasTopicChanged[relay] = true }
    }

    mutating func announce(_ growth: StreamGrowth, of key: TopicKey) {
        for relay in self.news.indices where self.listening[relay] { self.news[relay].append(.grew(key, growth)) }
    }
}
