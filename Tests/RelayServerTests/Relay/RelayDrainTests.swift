import Logging
import NIOCore
import NIOPosix
import RelayAccess
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("The end of a relay")
struct RelayDrainTests {
    @Test("What nobody waits for is not given another grace once connections have used it up", .timeLimit(.minutes(1)))
    func oneGrace() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let configuration = RelayConfiguration.forTests
        let hasher = PasswordHasher()
        var logger = Logger(label: "relay.tests")
        logger.logLevel = .critical
        let parts = try await RelayParts(
            configuration: configuration,
            store: try await configuration.openStore(on: group),
            hasher: hasher,
            secret: Secret(String(repeating: "0123456789abcdef", count: 3)),
            group: group,
            logger: logger
        )
        let listener = try await Listener.bind(configuration.server, on: group, services: parts.services)
        // A store that never answers, and a request that never ends.
        #expect(parts.broker.unstored.take(1))
        let connection = try await RawConnection.open(try #require(listener.channel.localAddress?.port))
        connection.request(
            "POST",
            "/auth/token/revoke",
            token: nil,
            headers: ["Expect: 100-continue", "Content-Length: 9"]
        )
        #expect(await connection.head()?.status == 100)
        let start = ContinuousClock.now
        await RelayDrain(parts: parts, listener: listener, grace: .seconds(10)).run()
        #expect(ContinuousClock.now - start < .seconds(19))
        connection.disconnect()
        await hasher.shutdown()
        try await group.shutdownGracefully()
    }

    @Test(
        "A WebSocket whose token is still looked at when the relay stops opens, and is told to go",
        .timeLimit(.minutes(1))
    )
    func openingWebSocket() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, _ in
            let token = try await relay.administratorToken
            let (arrivals, arrival) = AsyncStream<Void>.makeStream()
            let (ends, end) = AsyncStream<Void>.makeStream()
            store.beforeLooks { look in
                guard case .token = look else { return }
                store.beforeLooks(nil)
                arrival.yield()
                for await _ in ends {}
            }
            let idle = try await RawConnection.open(relay.port)
            idle.request("GET", "/health", token: nil)
            #expect(await idle.reply()?.status == 200)
            let opening = try await RawConnection.open(relay.port)
            opening.request("GET", "/ws", token: token, headers: TestWebSocket.handshake)
            _ = await arrivals.first { _ in true }
            await relay.shutDown()
            // The relay has one loop, which has told all its connections once it has closed this one.
            #expect(await idle.rest() == "")
            end.finish()
            #expect(await opening.head()?.status == 101)
            let frame = await opening.take(4)
            #expect(frame?.getBytes(at: frame?.readerIndex ?? 0, length: 1) == [0x88])
            #expect(frame?.getInteger(at: (frame?.readerIndex ?? 0) + 2, as: UInt16.self) == 1_001)
            opening.disconnect()
        }
    }
    @Test("Clients are let go one after another, each is told when to come again, and some are served meanwhile")
    func pace() async throws {
        try await withRelay {
            $0.server.shutdownSpread = .seconds(10)
            $0.server.shutdownAlternate = PublicURL("https://other.example.org")
        } _: { relay in
            let token = try await relay.administratorToken
            var sockets: [TestWebSocket] = []
            for _ in 0..<60 { sockets.append(try await TestWebSocket(relay, token: token)) }
            let stream = try await TestEventStream(relay, token: token, query: "topics=t")
            let start = ContinuousClock.now
            await relay.shutDown()
            var last = ContinuousClock.now
            for socket in sockets {
                let close = await socket.next()
                socket.send(0x88, ByteBuffer())
                #expect(close?.closeCode == 1_001)
                let reason = close.map { String(buffer: $0.payload).dropFirst(2) } ?? ""
                #expect(reason.contains("connect again in") && reason.hasSuffix("ms at https://other.example.org"))
                last = max(last, ContinuousClock.now)
            }
            while await stream.next() != nil {}
            // 61 of them at 100 in a second.
            #expect(last - start > .milliseconds(300))
            #expect(last - start < .seconds(5))
        }
    }
}
