import NIOCore
import NIOPosix
import RelayAccess

@testable import RelayServer

/// Runs `body` with a relay's parts, without its listener, on a group of one loop.
func withRelayParts(
    _ configuration: RelayConfiguration = .forTests,
    _ body: (_ parts: RelayParts, _ group: MultiThreadedEventLoopGroup, _ lines: LoggedLines) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let hasher = PasswordHasher()
    let lines = LoggedLines()
    let parts = try await RelayParts(
        configuration: configuration,
        store: try await configuration.openStore(on: group),
        hasher: hasher,
        secret: Secret("0123456789abcdef0123456789abcdef"),
        group: group,
        logger: lines.logger
    )
    try await body(parts, group, lines)
    parts.lane.close()
    try await parts.loops.stop()
    await hasher.shutdown()
    try await group.shutdownGracefully()
}
