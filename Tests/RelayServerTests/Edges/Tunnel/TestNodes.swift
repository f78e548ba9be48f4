import ProgramFixture
import RelayServer

/// Runs `body` beside two relays that share a store, and reach each other.
///
/// - Parameter configure: changes the configuration of the first relay (0) or the second (1).
func withNodes(
    _ configure: @escaping (inout RelayConfiguration, Int) -> Void = { _, _ in },
    _ body: @Sendable @escaping (TestRelay, TestRelay) async throws -> Void
) async throws {
    let ports = [try await freePort(), try await freePort()]
    try await withTwoRelays { configuration, place in
        configuration.server.port = ports[place]
        configuration.tunnels.node = NodeAddress("http://127.0.0.1:\(ports[place])")
        configuration.tunnels.bytesPerSecond = 0
        configure(&configuration, place)
    } _: { first, second in
        try await body(first, second)
    }
}
