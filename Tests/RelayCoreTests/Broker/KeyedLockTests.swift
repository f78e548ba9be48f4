import Testing

@testable import RelayCore

@Suite("One task at a time per key")
struct KeyedLockTests {
    struct Failure: Error, Equatable {}

    @Test("those who wait come in the order in which they asked, and one that fails lets the next in")
    func order() async {
        let lock = KeyedLock<Int>()
        let order = Collected<String>()
        let isHeld = Signal()
        async let first: Void = lock.withLock(1) {
            isHeld.fire()
            for _ in 0..<50 { await Task.yield() }
            order.add(["first"])
        }
        await isHeld.wait()
        await lock.withLock(2) { order.add(["other key"]) }
        await #expect(throws: Failure()) {
            try await lock.withLock(1) { () async throws(Failure) in
                order.add(["second"])
                throw Failure()
            }
        }
        await lock.withLock(1) { order.add(["third"]) }
        await first
        #expect(order.all == ["other key", "first", "second", "third"])
    }

    @Test("never two at once, however many ask")
    func exclusive() async {
        let lock = KeyedLock<Int>()
        let inside = Collected<Int>()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<100 {
                group.addTask {
                    await lock.withLock(task % 3) {
                        inside.add([task])
                        await Task.yield()
                        inside.add([task])
                    }
                }
            }
        }
        for key in 0..<3 {
            let steps = inside.all.filter { $0 % 3 == key }
            #expect(stride(from: 0, to: steps.count, by: 2).allSatisfy { steps[$0] == steps[$0 + 1] })
            #expect(steps.count == 2 * (key == 0 ? 34 : 33))
        }
    }
}
