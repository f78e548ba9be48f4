import Logging
import RelayCore

/// Sees to it that no followed stream stays behind its store: checks those of which something may have been missed at once,
/// and all of them every so often, since a loss may be silent.
struct StreamWatch: Sendable {
    /// Between two checks of one topic, give or take a quarter.
    private static let interval = Duration.seconds(40)
    private static let retryDelay = Duration.milliseconds(500)
    /// Between two rounds of checks.
    private static let pause = Duration.milliseconds(20)
    /// How often topics that nobody reads any more are looked for.
    private static let restInterval = Duration.seconds(10)
    private static let width = 16

    let broker: Broker
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.checkUnsure() }
            group.addTask { await self.checkAll() }
            group.addTask { await self.rest() }
        }
    }

    private func checkUnsure() async {
        for await _ in self.broker.unsureTopicsArrived {
            var failed = await self.check(self.broker.takeUnsureTopics())
            while !failed.isEmpty, !Task.isCancelled {
                try? await Task.sleep(for: Self.retryDelay)
                // Topics that became unsure since don't wait for those that can't be checked.
                failed = await self.check(Array(Set(failed + self.broker.takeUnsureTopics())))
            }
            // A topic whose repair fails is unsure again at once.
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func checkAll() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval * Double.random(in: 0.75...1.25))
            _ = await self.check(self.broker.followedTopics)
        }
    }

    private func rest() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.restInterval)
            await self.broker.restUnreadTopics()
        }
    }

    /// - Returns: those that could not be checked.
    private func check(_ keys: [TopicKey]) async -> [TopicKey] {
        await withTaskGroup(of: TopicKey?.self) { group in
            var failed: [TopicKey] = []
            for (index, key) in keys.enumerated() {
                if index >= Self.width, let result = await group.next(), let key = result { failed.append(key) }
                group.addTask { await self.check(key) ? nil : key }
            }
            for await result in group { if let key = result { failed.append(key) } }
            return failed
        }
    }

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
