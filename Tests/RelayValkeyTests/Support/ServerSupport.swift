import NIOCore
import NIOPosix
import Testing
import ValkeyFixture

@testable import RelayValkey

/// The loops of all tests.
let loops: [any EventLoop] = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())

extension ValkeyServerProcess {
    var address: ValkeyAddress {
        ValkeyAddress(host: "127.0.0.1", port: self.port)
    }
}

/// A node whose changes of state can be waited for.
struct WatchedNode: Sendable {
    let node: ValkeyNode
    private let changes = EventLog<Void>()

    init(
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration = ValkeyConfiguration(),
        loops: [any EventLoop] = [loops[0]]
    ) throws {
        let add = self.changes.add
        self.node = try ValkeyNode(address, configuration, loops: loops) { add(()) }
    }

    /// Waits until the state fits. Each test has a time limit.
    func wait(_ fits: @Sendable (ValkeyState) -> Bool) async {
        if fits(self.node.state) { return }
        await self.changes.first { fits(self.node.state) }
    }

    /// Waits until it is connected, runs the body, and closes it.
    static func with(
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration = ValkeyConfiguration(),
        loops: [any EventLoop] = [loops[0]],
        _ body: (WatchedNode) async throws -> Void
    ) async throws {
        let watched = try WatchedNode(address, configuration, loops: loops)
        do {
            await watched.wait(\.isConnected)
            try await body(watched)
            await watched.node.close()
        } catch {
            await watched.node.close()
            throw error
        }
    }
}
