import NIOCore
import NIOEmbedded
import Testing

@testable import RelayServer

@Suite("Connections that rest")
struct RestingConnectionsTests {
    private let loop = EmbeddedEventLoop()
    private let all: RestingConnections

    init() { self.all = RestingConnections(eventLoop: self.loop) }

    private final class Sleeper: RestingConnection {
        var wasUsed = false
        var canRest = true
        private(set) var rests = 0

        func use(_ all: RestingConnections) {
            self.wasUsed = true
            all.woke(self)
        }

        func rest() -> Bool {
            if self.canRest { self.rests += 1 }
            return self.canRest
        }
    }

    private func wait(_ intervals: Int64) {
        for _ in 0..<intervals { self.loop.advanceTime(by: RestingConnections.interval + .milliseconds(100)) }
    }

    @Test("One rests at the second look after its last use, and is not asked again")
    func quiet() {
        let sleeper = Sleeper()
        sleeper.use(self.all)
        self.wait(1)
        #expect(sleeper.rests == 0)
        sleeper.wasUsed = true
        self.wait(1)
        #expect(sleeper.rests == 0)
        self.wait(1)
        #expect(sleeper.rests == 1)
        self.wait(3)
        #expect(sleeper.rests == 1)
        #expect(self.all.count == 0)
        sleeper.use(self.all)
        self.wait(2)
        #expect(sleeper.rests == 2)
    }

    @Test("One that can't rest yet is asked again")
    func later() {
        let sleeper = Sleeper()
        sleeper.canRest = false
        sleeper.use(self.all)
        self.wait(4)
        #expect(self.all.count == 1)
        sleeper.canRest = true
        self.wait(1)
        #expect(sleeper.rests == 1)
        #expect(self.all.count == 0)
    }

    @Test("Of thousands, some of them in use, each that is quiet rests once")
    func many() {
        let sleepers = (0..<1_000).map { _ in Sleeper() }
        for sleeper in sleepers { sleeper.use(self.all) }
        self.wait(1)
        let busy = sleepers.enumerated().filter { $0.offset.isMultiple(of: 7) }.map(\.element)
        for sleeper in busy { sleeper.wasUsed = true }
        self.wait(1)
        #expect(self.all.count == busy.count)
        #expect(busy.allSatisfy { $0.rests == 0 })
        self.wait(1)
        #expect(self.all.count == 0)
        #expect(sleepers.allSatisfy { $0.rests == 1 })
    }
}
