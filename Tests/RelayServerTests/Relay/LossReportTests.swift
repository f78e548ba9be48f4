import Logging
import NIOPosix
import RelayAccess
import RelayWire
import Synchronization
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("Messages that were answered for and lost")
struct LossReportTests {
    private final class Lines: LogSink {
        let written = Mutex<[String]>([])

        func write(_ line: String) {
            self.written.withLock { $0.append(line) }
        }
    }

    @Test("are told of in the log when the relay ends, where none told of them before", arguments: [0, 3])
    func atTheEnd(_ lost: Int) async throws {
        let configuration = RelayConfiguration.forTests
        let store = try await configuration.openStore(on: .singletonMultiThreadedEventLoopGroup)
        let hasher = PasswordHasher()
        let lines = Lines()
        let handler = LineLogHandler(label: "relay", rules: LogRules(.init()), sink: lines, now: RelayClock.system.now)
        let broker = Broker(store: store, clock: .system)
        let upkeep = Upkeep(
            broker: broker,
            cursors: ReaderCursors(store: store, broker: broker),
            access: try Access(
                store: store,
                hasher: hasher,
                settings: configuration.accessSettings(secret: Secret(String(repeating: "0123456789abcdef", count: 3))),
                now: RelayClock.system.now
            ),
            logger: Logger(label: "relay") { _ in handler }
        )
        try #require(upkeep.broker.unstored.take(1))
        upkeep.broker.unstored.release(1, lost: lost)
        let running = Task { await upkeep.run() }
        running.cancel()
        await running.value
        #expect(lines.written.withLock { $0.map { $0.contains("messages=3") } } == (lost == 0 ? [] : [true]))
        await hasher.shutdown()
        await store.close()
    }
}
