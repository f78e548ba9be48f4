import Synchronization
import Testing

@testable import RelayServer

@Suite("What is to be seen to", .timeLimit(.minutes(1)))
struct WorkListTests {
    private final class Log: Sendable {
        private let entries = Mutex<[Int]>([])

        var all: [Int] { self.entries.withLock { $0 } }

        /// - Returns: how often the item is in the log now.
        func add(_ item: Int) -> Int {
            self.entries.withLock { entries in
                entries.append(item)
                return entries.count { $0 == item }
            }
        }
    }

    /// Runs until `work` has returned nil.
    private func run(
        _ list: WorkList<Int>,
        width: Int,
        retryDelay: Duration = .zero,
        willRetry: @escaping @Sendable (Int) -> Void = { _ in },
        _ work: @escaping @Sendable (Int) async -> Bool?
    ) async {
        let (done, end) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await list.run(width: width, retryDelay: retryDelay, willRetry: willRetry) { item in
                    guard let result = await work(item) else {
                        end.finish()
                        return true
                    }
                    return result
                }
            }
            for await _ in done {}
            group.cancelAll()
        }
    }

    @Test("what fails is tried again, and that is told each time")
    func retries() async {
        let (list, log, told) = (WorkList<Int>(), Log(), Log())
        list.insert(1)
        await self.run(list, width: 1, willRetry: { _ = told.add($0) }) { log.add($0) < 3 ? false : nil }
        #expect(log.all == [1, 1, 1])
        #expect(told.all == [1, 1])
    }

    @Test("what fails again and again holds up nothing else, whatever it is that comes first", arguments: [1, 4])
    func failuresHoldUpNothing(width: Int) async {
        let (list, log) = (WorkList<Int>(), Log())
        list.insert(0..<20)
        // Zero would be tried again in an hour; it fails until the last of the others has been seen to.
        await self.run(list, width: width, retryDelay: .seconds(3600)) { item in
            _ = log.add(item)
            guard log.all.count < 20 else { return nil }
            return item != 0
        }
        #expect(log.all.sorted() == Array(0..<20))
    }

    @Test("what takes its time holds up nothing else")
    func slownessHoldsUpNothing() async {
        let (list, log) = (WorkList<Int>(), Log())
        let (others, end) = AsyncStream.makeStream(of: Void.self)
        list.insert(0..<10)
        await self.run(list, width: 2) { item in
            if item == 0 {
                for await _ in others {}
                return nil
            }
            _ = log.add(item)
            if log.all.count == 9 { end.finish() }
            return true
        }
        #expect(log.all.sorted() == Array(1..<10))
    }

    @Test("what is named again while it is seen to is seen to again")
    func namedMeanwhile() async {
        let (list, log) = (WorkList<Int>(), Log())
        list.insert(1)
        await self.run(list, width: 1) { item in
            guard log.add(item) == 1 else { return nil }
            list.insert(item)
            list.insert(item)
            return true
        }
        #expect(log.all == [1, 1])
    }

    @Test("more than the limit is one item that stands for all", arguments: [3, 4])
    func limit(count: Int) async {
        let (list, log) = (WorkList<Int>(limit: .init(maxItems: 3, all: -1)), Log())
        list.insert(1...count)
        list.insert(1)
        let expected = count == 3 ? [1, 2, 3] : [-1]
        await self.run(list, width: 1) { item in
            _ = log.add(item)
            return log.all.count == expected.count ? nil : true
        }
        #expect(log.all.sorted() == expected)
    }
}
