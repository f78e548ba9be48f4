import Synchronization

/// Things to see to, each once, however often it was named: in no order, so many at a time, and again later what failed.
///
/// What fails, or takes its time, holds up nothing else. The space is bounded by how many different items there can be, or by the
/// limit. The list's state is behind one short lock.
final class WorkList<Item: Hashable & Sendable>: Sendable {
    /// How many items the list holds at the most, and what stands for all of them where there would be more.
    struct Limit: Sendable {
        let maxItems: Int
        let all: Item
    }

    private struct State {
        var due: Set<Item> = []
        /// Failed, and due again after the delay.
        var postponed: Set<Item> = []
    }

    private let limit: Limit?
    private let state = Mutex(State())
    /// One element stands for any number of items.
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation
    private let failures: AsyncStream<Void>
    private let failed: AsyncStream<Void>.Continuation

    /// - Parameter limit: nil where the items are few by their nature.
    init(limit: Limit? = nil) {
        self.limit = limit
        (self.arrivals, self.arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (self.failures, self.failed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Names something to see to. One that is being seen to is seen to again.
    func insert(_ item: Item) {
        self.insert(CollectionOfOne(item))
    }

    func insert(_ items: some Sequence<Item>) {
        self.state.withLock { state in
            for item in items { self.add(item, to: &state.due) }
        }
        self.arrived.yield()
    }

    private func add(_ item: Item, to items: inout Set<Item>) {
        guard let limit = self.limit else {
            items.insert(item)
            return
        }
        guard !items.contains(limit.all) else { return }
        if item != limit.all, items.contains(item) || items.count < limit.maxItems {
            items.insert(item)
        } else {
            items = [limit.all]
        }
    }

    private func take() -> Item? {
        self.state.withLock { $0.due.popFirst() }
    }

    // MARK: - Working it off

    /// Sees to what is named, until its task is cancelled. Called once.
    ///
    /// - Parameters:
    ///   - width: how many items are seen to at a time, at least 1.
    ///   - retryDelay: how long what failed is left alone.
    ///   - willRetry: told how many items are due again, once a delay, however many fail.
    ///   - work: returns whether it succeeded; called again if not.
    func run(
        width: Int,
        retryDelay: Duration,
        willRetry: @escaping @Sendable (Int) -> Void = { _ in },
        _ work: @escaping @Sendable (Item) async -> Bool
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.workOff(width, work) }
            group.addTask { await self.retry(after: retryDelay, willRetry) }
        }
    }

    private func workOff(_ width: Int, _ work: @escaping @Sendable (Item) async -> Bool) async {
        await withTaskGroup(of: Void.self) { group in
            var underWay = 0
            for await _ in self.arrivals {
                while let item = self.take() {
                    if underWay == width { await group.next() } else { underWay += 1 }
                    group.addTask {
                        if await !work(item) { self.postpone(item) }
                    }
                }
            }
        }
    }

    private func postpone(_ item: Item) {
        self.state.withLock { self.add(item, to: &$0.postponed) }
        self.failed.yield()
    }

    private func retry(after delay: Duration, _ willRetry: @Sendable (Int) -> Void) async {
        for await _ in self.failures {
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            let items = self.state.withLock { state in
                defer { state.postponed = [] }
                return state.postponed
            }
            // A failure may have been told that the round before took along.
            guard !items.isEmpty else { continue }
            willRetry(items.count)
            self.insert(items)
        }
    }
}
