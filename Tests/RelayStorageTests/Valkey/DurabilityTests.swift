import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import Testing
import ValkeyFixture

@Suite("Appends that wait for replicas", .timeLimit(.minutes(1)))
struct DurabilityTests {
    private func withStore(
        on server: ValkeyServerProcess,
        timeout: Duration,
        _ body: (ValkeyStore) async throws -> Void
    ) async throws {
        let store = try await ValkeyStore.open(
            .server(server.address),
            settings: .init(durability: .replicated(replicas: 1, timeout: timeout)),
            loops: [MultiThreadedEventLoopGroup.singleton.any()]
        )
        do {
            try await body(store)
            await store.close()
        } catch {
            await store.close()
            throw error
        }
    }

    @Test("without a replica no append is called done, though the server has it")
    func noReplica() async throws {
        try await ValkeyServerProcess.with { server in
            try await self.withStore(on: server, timeout: .milliseconds(50)) { store in
                #expect(await store.append(.one(.bytes(1), to: .named("t"))).code == .outcomeUnknown)
                #expect(try await store.bounds(of: .named("t")).count == 1)
                try await store.checkHealth()
            }
        }
    }

    @Test("with a replica an append is done when that has it")
    func replica() async throws {
        try await ValkeyServerProcess.with { server in
            let options = ValkeyServerOptions(arguments: ["--replicaof", "127.0.0.1 \(server.port)"])
            try await ValkeyServerProcess.with(options) { replica in
                try await self.withStore(on: server, timeout: .seconds(10)) { store in
                    let receipt = try await store.put(.one(.bytes(1), to: .named("t")))
                    let probe = try ValkeyProbe(replica, prefix: "pulsar:")
                    let count = try await probe.send("XLEN", probe.key("t", "stream")).integer
                    await probe.close()
                    #expect(count == 1 && receipt.bounds.count == 1)
                }
            }
        }
    }
}
