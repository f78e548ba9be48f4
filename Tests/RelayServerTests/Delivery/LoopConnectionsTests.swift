import NIOCore
import NIOEmbedded
import RelayCore
import Testing

@testable import RelayServer

@Suite("A loop's ticks")
struct LoopConnectionsTests {
    private let loop = EmbeddedEventLoop()
    private let connections: LoopConnections
    private let ticked = (0..<1000).map { _ in TickedConnection() }

    init() {
        self.connections = LoopConnections(
            eventLoop: self.loop,
            expiryClock: nil,
            peers: VanishedPeers(bound: .seconds(60))
        )
        for connection in self.ticked { self.connections.add(connection) }
    }

    private var ticks: Int { self.ticked.reduce(0) { $0 + $1.ticks } }

    @Test("thousands of connections leave room for messages between them, and each has its tick all the same")
    func portions() {
        self.loop.advanceTime(by: .seconds(1))
        #expect(self.ticks > 0)
        #expect(self.ticks <= 250)
        self.loop.advanceTime(by: .milliseconds(100))
        #expect(self.ticked.allSatisfy { $0.ticks == 1 })
    }

    @Test("those that leave and come between two portions take nobody's turn")
    func leaving() {
        self.loop.advanceTime(by: .seconds(1))
        let others = self.ticked.enumerated().filter { !$0.offset.isMultiple(of: 3) }.map(\.element)
        for (number, connection) in self.ticked.enumerated() where number.isMultiple(of: 3) {
            self.connections.remove(connection)
        }
        let late = TickedConnection()
        self.connections.add(late)
        self.loop.advanceTime(by: .milliseconds(100))
        #expect(others.allSatisfy { $0.ticks >= 1 })
        let before = others.map(\.ticks)
        self.loop.advanceTime(by: .seconds(1))
        #expect(zip(others, before).allSatisfy { $0.ticks > $1 })
        #expect(late.ticks >= 1)
    }

    @Test("nothing is ticked once all have left and the loop stops")
    func stopping() {
        self.loop.advanceTime(by: .seconds(1))
        self.connections.stop()
        for connection in self.ticked { self.connections.remove(connection) }
        let before = self.ticks
        self.loop.advanceTime(by: .seconds(3))
        #expect(self.ticks == before)
    }
}
