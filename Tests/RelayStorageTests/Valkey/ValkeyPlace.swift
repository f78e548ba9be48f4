import Foundation
import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayValkey
import ValkeyFixture

/// The keys of one test on the shared server.
struct ValkeyPlace: Sendable {
    let server: SharedServer
    let prefix = "test-\(UUID().uuidString):"

    func open(_ durability: Durability = .stored) async throws -> ValkeyStore {
        try await .open(try await self.server.join(self.prefix), prefix: self.prefix, durability: durability)
    }

    func remove() async {
        await self.server.leave(self.prefix)
    }

    /// Opens some stores on it, runs the body, and closes them.
    static func with(
        _ count: Int = 1,
        _ body: ([ValkeyStore], ValkeyProbe) async throws -> Void
    ) async throws {
        let place = ValkeyPlace(server: Shared.server)
        let server = try await place.server.join(place.prefix)
        do {
            try await server.withStores(count, prefix: place.prefix, body)
            await place.remove()
        } catch {
            await place.remove()
            throw error
        }
    }
}

extension ValkeyServerProcess {
    var address: ValkeyAddress { ValkeyAddress(host: "127.0.0.1", port: self.port) }

    func withStores(
        _ count: Int = 1,
        prefix: String = "pulsar:",
        _ body: ([ValkeyStore], ValkeyProbe) async throws -> Void
    ) async throws {
        var stores: [ValkeyStore] = []
        let probe = try ValkeyProbe(self, prefix: prefix)
        do {
            for _ in 0..<count { stores.append(try await .open(self, prefix: prefix)) }
            try await body(stores, probe)
        } catch {
            for store in stores { await store.close() }
            await probe.close()
            throw error
        }
        for store in stores { await store.close() }
        await probe.close()
    }
}

extension ValkeyStore {
    static func open(
        _ server: ValkeyServerProcess,
        prefix: String = "pulsar:",
        durability: Durability = .stored
    ) async throws -> ValkeyStore {
        try await .open(
            .server(server.address),
            settings: Settings(prefix: prefix, openTimeout: .seconds(20), durability: durability),
            loops: Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
        )
    }
}

/// A client that looks behind the stores' back, and does what they never would.
struct ValkeyProbe: Sendable {
    let prefix: String
    private let node: ValkeyNode

    init(_ server: ValkeyServerProcess, prefix: String) throws {
        self.prefix = prefix
        self.node = try ValkeyNode(
            server.address,
            ValkeyConfiguration(),
            loops: [MultiThreadedEventLoopGroup.singleton.any()]
        )
    }

    @discardableResult
    func send(_ arguments: ValkeyArgument...) async throws -> ValkeyReply { try await self.send(arguments) }

    @discardableResult
    func send(_ arguments: [ValkeyArgument]) async throws -> ValkeyReply {
        while !self.node.isConnected { await Task.yield() }
        return try await self.node.send(ValkeyCommand(arguments))
    }

    /// A key of a topic's stream.
    func key(_ topic: String, _ name: String) -> ValkeyArgument { "\(self.prefix){\(topic)}:\(name)" }

    func close() async {
        await self.node.close()
    }
}
