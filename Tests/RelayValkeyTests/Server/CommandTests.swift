import NIOCore
import Testing
import ValkeyFixture

@testable import RelayValkey

@Suite(.timeLimit(.minutes(1)))
struct CommandTests {
    @Test("Binary values go there and back, large ones too")
    func roundTrip() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                for size in [0, 1, 70_000, 20_000_000] {
                    let value = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                    #expect(try await watched.node.send(ValkeyCommand("SET", "k", .init(value))) == .status("OK"))
                    #expect(try await watched.node.send(ValkeyCommand("GET", "k")).buffer == value)
                }
            }
        }
    }

    @Test("Commands of one tick arrive in their order, on every loop's connection")
    func pipelining() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address, loops: loops) { (watched) async throws in
                let node = watched.node
                try await withThrowingTaskGroup(of: [Int64].self) { group in
                    for (index, loop) in loops.enumerated() {
                        group.addTask { try await burst(of: 1_000, on: loop, to: node, key: "n\(index)") }
                    }
                    for try await numbers in group { #expect(numbers == Array(1...1_000)) }
                }
            }
        }
    }

    @Test("Several commands have one completion, and errors among the replies")
    func several() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                let replies = try await watched.node.send([
                    ValkeyCommand("XADD", "s", "1-1", "a", "b"), ValkeyCommand("GET", "s"),
                    ValkeyCommand("WAIT", 0, 10),
                ])
                #expect(replies.count == 3)
                #expect(replies[0].text == "1-1")
                #expect(replies[2] == .integer(0))
                guard case .error(let error) = replies[1] else { throw ValkeyError.closed }
                #expect(error.prefix == "WRONGTYPE")
            }
        }
    }

    @Test("A script is found by its digest, or sent where it isn't known")
    func script() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                let script = ValkeyScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
                #expect(try await watched.node.run(script, keys: ["k"], arguments: [2]) == .integer(2))
                #expect(try await watched.node.run(script, keys: ["k"], arguments: [2]) == .integer(4))
                _ = try await watched.node.send(ValkeyCommand("SCRIPT", "FLUSH"))
                #expect(try await watched.node.run(script, keys: ["k"], arguments: [2]) == .integer(6))
            }
        }
    }

    @Test("A server's error is typed")
    func serverError() async throws {
        try await ValkeyServerProcess.with { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                let error = await #expect(throws: ValkeyError.self) {
                    try await watched.node.send(ValkeyCommand("NOPE"))
                }
                #expect(error?.code == .server)
                #expect(error?.server?.prefix == "ERR")
                #expect(error?.mayHaveRun == false)
            }
        }
    }

    @Test("A reply that is too large closes the connection, which comes back")
    func tooLarge() async throws {
        var configuration = ValkeyConfiguration()
        configuration.replyLimits.maxBytes = 100_000
        try await ValkeyServerProcess.with { [configuration] server in
            try await WatchedNode.with(server.address, configuration) { (watched) async throws in
                _ = try await watched.node.send(ValkeyCommand("SETRANGE", "k", 200_000, "x"))
                let error = await #expect(throws: ValkeyError.self) {
                    try await watched.node.send(ValkeyCommand("GET", "k"))
                }
                #expect(error?.code == .disconnected)
                #expect((error?.cause as? ValkeyError)?.code == .protocolViolation)
                await watched.wait(\.isConnected)
                #expect(try await watched.node.send(ValkeyCommand("STRLEN", "k")) == .integer(200_001))
            }
        }
    }
}

/// Increments a key so many times from one tick of the loop.
private func burst(of count: Int, on loop: any EventLoop, to node: ValkeyNode, key: String) async throws -> [Int64] {
    let command = ValkeyCommand("INCR", .init(key))
    return try await loop.flatSubmit {
        let replies = (0..<count).map { _ in
            let promise = loop.makePromise(of: Int64.self)
            node.send(command) { promise.completeWith($0.map { $0.integer ?? 0 }.mapError { $0 as any Error }) }
            return promise.futureResult
        }
        return EventLoopFuture.whenAllSucceed(replies, on: loop)
    }.get()
}
