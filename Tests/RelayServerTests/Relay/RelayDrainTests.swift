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
        await RelayDrain(parts: parts, listener: listener, grace: .seconds(4)).run()
        #expect(ContinuousClock.now - start < .seconds(7))
        connection.disconnect()
        await hasher.shutdown()
        try await group.shutdownGracefully()
    }
}
