import NIOCore
import NIOEmbedded
import NIOPosix
import RelayPresence
import RelayWire
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("A loop whose readers are behind")
struct DeliveryLoopTests {
    /// NIO looks at no socket while a task is due.
    @Test("looks after its sockets between their turns: the next is no task that is due at once")
    func pause() async throws {
        let store = try await RelayConfiguration.forTests.openStore(on: .singletonMultiThreadedEventLoopGroup)
        let eventLoop = NIOAsyncTestingEventLoop()
        let broker = Broker(store: store, clock: .system)
        let loop = try await DeliveryLoop.start(
            on: eventLoop,
            broker: broker,
            presence: PresenceService(
                settings: PresenceSettings(),
                broker: broker,
                memory: MemoryLedger(),
                leases: nil
            ),
            endsExpired: false,
            peerTimeout: .seconds(30)
        )
        try await eventLoop.executeInContext {
            loop.current?.readers.catchUp.spend(on: [Self.large])
            loop.comeBack()
        }
        // What is due at once.
        await eventLoop.run()
        #expect(try await eventLoop.executeInContext { loop.current?.readers.catchUp.isSpent } == true)
        await eventLoop.advanceTime(by: .milliseconds(1))
        #expect(try await eventLoop.executeInContext { loop.current?.readers.catchUp.isSpent } == false)
        try await loop.stop()
        await eventLoop.shutdownGracefully()
        await store.close()
    }

    /// More than a turn's share.
    private static let large = Message(
        id: MessageID(milliseconds: 1, sequence: 0),
        timestamp: Timestamp(microseconds: 0),
        payload: ByteBuffer(repeating: UInt8(ascii: " "), count: 2 * CatchUp.turnCost),
        metadata: nil,
        expiresAt: nil
    )
}
