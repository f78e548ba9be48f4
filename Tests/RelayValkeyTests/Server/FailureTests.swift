import NIOCore
import NIOPosix
import Testing
import ValkeyFixture

@testable import RelayValkey

@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
    @Test("Why there is no connection is said in the system's words alone")
    func words() async {
        let cause = await #expect(throws: NIOConnectionError.self) {
            _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: 1).get()
        }
        #expect("\(ValkeyError.unavailable(cause))" == "unavailable: not connected (Connection refused)")
    }

    @Test("A server killed with commands in flight: each ends once, and the node comes back with the server")
    func kill() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(isDurable: true)) { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                let node = watched.node
                #expect(try await node.send(ValkeyCommand("SET", "kept", "1")) == .status("OK"))
                server.pause()
                let outcomes = EventLog<ValkeyError?>()
                let add = outcomes.add
                try await loops[0].submit {
                    for index in 0..<500 {
                        node.send(ValkeyCommand("SET", "k\(index)", 1)) { result in
                            if case .failure(let error) = result { add(error) } else { add(nil) }
                        }
                    }
                }.get()
                // A hop later the tick's write is out.
                try await loops[0].submit {}.get()
                await server.kill()
                for _ in 0..<500 {
                    let error = await outcomes.first { _ in true }.last ?? nil
                    #expect(error?.code == .disconnected)
                    #expect(error?.mayHaveRun == true)
                }
                await watched.wait { if case .connecting(_, .some) = $0 { true } else { false } }
                #expect(await failure(of: ValkeyCommand("PING"), on: node)?.code == .unavailable)
                try await server.restart()
                await watched.wait(\.isConnected)
                #expect(try await node.send(ValkeyCommand("GET", "kept")).text == "1")
            }
        }
    }

    @Test("A server that hangs is unresponsive, its commands time out, and it is used again when it goes on")
    func hang() async throws {
        var configuration = ValkeyConfiguration()
        configuration.commandTimeout = .milliseconds(1_500)
        configuration.connectTimeout = .milliseconds(500)
        try await ValkeyServerProcess.with { [configuration] server in
            try await WatchedNode.with(server.address, configuration) { (watched) async throws in
                server.pause()
                async let outcome = failure(of: ValkeyCommand("PING"), on: watched.node)
                await watched.wait { if case .unresponsive = $0 { true } else { false } }
                let error = await outcome
                #expect(error?.code == .timedOut)
                #expect(error?.mayHaveRun == true)
                await watched.wait {
                    if case .connecting(_, let error) = $0 { error?.code == .timedOut } else { false }
                }
                server.resume()
                await watched.wait(\.isConnected)
                #expect(try await watched.node.send(ValkeyCommand("PING")) == .status("PONG"))
            }
        }
    }

    @Test("An idle server that hangs is noticed, and is well again when it goes on in time")
    func idleHang() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                server.pause()
                await watched.wait { if case .unresponsive = $0 { true } else { false } }
                server.resume()
                await watched.wait(\.isConnected)
            }
        }
    }

    @Test("A node where nothing listens fails at once, and can be closed")
    func nothingThere() async throws {
        let server = try await ValkeyServerProcess.start()
        await server.stop()
        let watched = try WatchedNode(server.address)
        await watched.wait { if case .connecting(_, .some) = $0 { true } else { false } }
        #expect(await failure(of: ValkeyCommand("PING"), on: watched.node)?.code == .unavailable)
        await watched.node.close()
        #expect(await failure(of: ValkeyCommand("PING"), on: watched.node)?.code == .closed)
        guard case .closed = watched.node.state else { throw ValkeyError.closed }
    }

    @Test("Closing fails what is outstanding")
    func close() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                let node = watched.node
                server.pause()
                let outcomes = EventLog<ValkeyError?>()
                let add = outcomes.add
                try await loops[0].submit {
                    node.send(ValkeyCommand("PING")) { result in
                        if case .failure(let error) = result { add(error) } else { add(nil) }
                    }
                }.get()
                await node.close()
                #expect(await outcomes.first { _ in true }.last??.code == .closed)
            }
        }
    }
}

/// The error that a command ends with. Nil if it succeeds.
func failure(of command: ValkeyCommand, on node: ValkeyNode) async -> ValkeyError? {
    do {
        _ = try await node.send(command)
        return nil
    } catch {
        return error
    }
}
