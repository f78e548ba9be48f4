import NIOCore
import NIOPosix
import RelayAccess
import Testing

@testable import RelayServer

/// Runs `body` with a relay's parts, without its listener, on a group of one loop.
///
/// - Parameter store: nil opens the configured one.
func withRelayParts(
    _ configuration: RelayConfiguration = .forTests,
    store: (any RelayStore)? = nil,
    certificate: ServedCertificate? = nil,
    live: LiveConfiguration? = nil,
    _ body: (_ parts: RelayParts, _ group: MultiThreadedEventLoopGroup, _ lines: LoggedLines) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let hasher = PasswordHasher()
    let lines = LoggedLines()
    let opened: any RelayStore
    if let store { opened = store } else { opened = try await configuration.openStore(on: group) }
    let parts = try await RelayParts(
        configuration: configuration,
        store: opened,
        hasher: hasher,
        secret: Secret("0123456789abcdef0123456789abcdef"),
        group: group,
        logger: lines.logger,
        certificate: certificate,
        live: live
    )
    try await body(parts, group, lines)
    parts.lane.close()
    try await parts.loops.stop()
    await hasher.shutdown()
    try await group.shutdownGracefully()
}

/// Runs `body` beside a relay over a store of the test's own, whose parts it may look at. It has the same administrator as others.
func withRelay(
    over store: any RelayStore,
    _ configuration: RelayConfiguration = .forTests,
    _ body: @Sendable (_ relay: TestRelay, _ parts: RelayParts) async throws -> Void
) async throws {
    try await withLoggedRelay(over: store, configuration) { relay, parts, _ in try await body(relay, parts) }
}

/// The same, with the lines that the relay logs.
///
/// - Parameter store: nil opens the configured one.
func withLoggedRelay(
    over store: (any RelayStore)? = nil,
    _ configuration: RelayConfiguration = .forTests,
    _ body: @Sendable (_ relay: TestRelay, _ parts: RelayParts, _ lines: LoggedLines) async throws -> Void
) async throws {
    try await withRelayParts(configuration, store: store) { parts, group, lines in
        _ = try await parts.access.users.bootstrap(username: TestRelay.administrator, password: TestRelay.password)
        let listener = try await Listener.bind(configuration.server, on: group, services: parts.services)
        let port = try #require(listener.channel.localAddress?.port)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await parts.lane.run() }
            let result: Result<Void, any Error>
            do {
                try await withHTTPClient { http in
                    try await body(
                        TestRelay(port: port, http: http, shutDown: { parts.loops.shutDownConnections() }),
                        parts,
                        lines
                    )
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await RelayDrain(parts: parts, listener: listener, grace: configuration.server.shutdownGrace).run()
            try await tasks.waitForAll()
            try result.get()
        }
    }
}
