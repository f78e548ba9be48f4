import NIOCore
import Testing
import ValkeyFixture

@testable import RelayValkey

@Suite(.timeLimit(.minutes(1)))
struct SubscriberTests {
    private static let plain = ValkeyChannel("news")

    @Test("Messages come in order, of the channels that are wanted, plain and sharded")
    func order() async throws {
        try await self.run { server, node, subscriber, log in
            let sharded = ValkeyChannel("news", isSharded: true)
            subscriber.subscribe(Self.plain)
            subscriber.subscribe(sharded)
            await log.first { if case .subscribed(sharded) = $0 { true } else { false } }
            for index in 0..<500 {
                _ = try await node.send([
                    ValkeyCommand("PUBLISH", "other", "x"),
                    ValkeyCommand(index.isMultiple(of: 2) ? "PUBLISH" : "SPUBLISH", "news", ValkeyArgument(index)),
                ])
            }
            let events = await log.first {
                if case .message(_, let payload) = $0 { payload == ByteBuffer(string: "499") } else { false }
            }
            let payloads = events.compactMap {
                if case .message(_, let payload) = $0 { String(buffer: payload) } else { nil }
            }
            #expect(payloads == (0..<500).map(String.init))
            let channels = events.compactMap { if case .message(let channel, _) = $0 { channel } else { nil } }
            #expect(channels == (0..<500).map { $0.isMultiple(of: 2) ? Self.plain : sharded })
        }
    }

    @Test("After a restart of the server every subscription is back, and both ends of the gap are told")
    func restart() async throws {
        try await self.run { server, node, subscriber, log in
            subscriber.subscribe(Self.plain)
            await log.first { if case .subscribed = $0 { true } else { false } }
            try await server.restart()
            let events = await log.first { if case .restored = $0 { true } else { false } }
            let names = events.map { "\($0)".prefix { $0 != "(" } }
            #expect(names == ["lost", "subscribed", "restored"])
            try await WatchedNode.with(server.address) { (watched) async throws in
                #expect(try await watched.node.send(ValkeyCommand("PUBLISH", "news", "x")) == .integer(1))
            }
            await log.first { if case .message = $0 { true } else { false } }
        }
    }

    @Test("A half-open connection is given up, and another one made")
    func halfOpen() async throws {
        try await self.run { server, node, subscriber, log in
            server.pause()
            await log.first { if case .lost = $0 { true } else { false } }
            server.resume()
            await log.first { if case .restored = $0 { true } else { false } }
        }
    }

    @Test("A subscription that the server refuses is dropped, and the others stay")
    func refused() async throws {
        let users = ["default on nopass ~* +@all resetchannels &news"]
        try await self.run(ValkeyServerOptions(users: users)) { server, node, subscriber, log in
            subscriber.subscribe(ValkeyChannel("secret"))
            subscriber.subscribe(Self.plain)
            let events = await log.first { if case .subscribed = $0 { true } else { false } }
            let dropped = events.compactMap {
                if case .dropped(let channel, let error) = $0 { "\(channel) \(error?.prefix ?? "")" } else { nil }
            }
            #expect(dropped == ["secret NOPERM"])
            #expect(subscriber.isConnected)
        }
    }

    /// A server, a node, and a subscriber that has its connection.
    private func run(
        _ options: ValkeyServerOptions = ValkeyServerOptions(),
        _ body: (ValkeyServerProcess, ValkeyNode, ValkeySubscriber, EventLog<ValkeySubscriberEvent>) async throws ->
            Void
    ) async throws {
        try await ValkeyServerProcess.with(options) { (server) async throws in
            try await WatchedNode.with(server.address) { (watched) async throws in
                let log = EventLog<ValkeySubscriberEvent>()
                let subscriber = try ValkeySubscriber(
                    server.address,
                    ValkeyConfiguration(),
                    loop: loops[0],
                    handler: log.add
                )
                await log.first { if case .restored = $0 { true } else { false } }
                do {
                    try await body(server, watched.node, subscriber, log)
                    await subscriber.close()
                } catch {
                    await subscriber.close()
                    throw error
                }
            }
        }
    }
}
