import Logging
import RelayCore

/// Keeps followed streams up to date with their store. Streams of which something may have been missed are checked at
/// once. All of them are checked at intervals, since a loss may be silent.
struct StreamWatch: Sendable {
    /// Between two checks of one topic, give or take a quarter.
    private static let interval = Duration.seconds(40)
    private static let retryDelay = Duration.milliseconds(500)
    /// Between two rounds of asking for topics to check.
    private static let pause = Duration.milliseconds(20)
    /// How often topics that nobody reads any more are looked for.
    private static let restInterval = Duration.seconds(10)
    private static let topicsAtATime = 16

    let broker: Broker
    let logger: Logger
    /// Topics to check.
    private let unsure = WorkList<TopicKey>()

    init(broker: Broker, logger: Logger) {
        self.broker = broker
        self.logger = logger
    }

    /// Returns when its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.hearOfUnsure() }
            group.addTask {
                await self.unsure.run(width: Self.topicsAtATime, retryDelay: Self.retryDelay) { await self.check($0) }
            }
            group.addTask { await self.checkAll() }
            group.addTask { await self.rest() }
        }
    }

    private func hearOfUnsure() async {
        for await _ in self.broker.unsureTopicsArrived {
            self.unsure.insert(self.broker.takeUnsureTopics())
            // A topic whose repair fails is unsure again at once.
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func checkAll() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval * Double.random(in: 0.75...1.25))
            self.unsure.insert(self.broker.followedTopics)
        }
    }

    private func rest() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.restInterval)
            await self.broker.restUnreadTopics()
        }
    }

    /// - Returns: whether the store could be asked.
    private func check(_ key: TopicKey) async -> Bool {
        do throws(StoreError) {
            try await self.broker.checkPosition(of: key)
            return true
        } catch {
            self.logger.debug("a stream's position could not be checked", metadata: ["error": "\(error)"])
            return false
        }
    }
}
