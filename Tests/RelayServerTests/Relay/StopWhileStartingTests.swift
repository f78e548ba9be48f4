import Logging
import NIOCore
import NIOPosix
import RelayServer
import ServiceLifecycle
import Testing

@Suite("A relay that is told to stop before it serves")
struct StopWhileStartingTests {
    @Test("it gives up opening its store, and that is no failure", .timeLimit(.minutes(1)))
    func storeUnreachable() async throws {
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        // Takes connections, and never says a word.
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                arrival.yield()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        var configuration = RelayConfiguration.forTests
        configuration.storage.backend = .valkey
        configuration.valkey.host = "127.0.0.1"
        configuration.valkey.port = try #require(silent.localAddress?.port)
        var logger = Logger(label: "relay.tests")
        logger.logLevel = .critical
        let hooks = RelayHooks(listening: { _, _ in Issue.record("it serves without its store") })
        let relay = Relay(configuration: configuration, logger: logger, hooks: hooks)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: relay)], logger: logger)
        )
        async let stop: Void = {
            _ = await arrivals.first { _ in true }
            await group.triggerGracefulShutdown()
        }()
        try await group.run()
        await stop
        try await silent.close()
    }
}
