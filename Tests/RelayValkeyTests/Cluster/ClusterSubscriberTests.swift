import NIOCore
import Testing
import ValkeyFixture

@testable import RelayValkey

@Suite(.timeLimit(.minutes(2)), .serialized)
struct ClusterSubscriberTests {
    private typealias Log = EventLog<ValkeySubscriberEvent>

    @Test("Sharded channels of all masters are heard, and plain ones")
    func spread() async throws {
        try await self.run { process, cluster, subscriber, log in
            let channels = (0..<12).map { ValkeyChannel("c\($0)", isSharded: $0 != 0) }
            for channel in channels { subscriber.subscribe(channel) }
            var confirmed: Set<ValkeyChannel> = []
            for await event in log.events {
                if case .subscribed(let channel) = event { confirmed.insert(channel) }
                if confirmed.count == channels.count { break }
            }
            for channel in channels {
                try await self.publish(channel, "hello", cluster)
                let events = await log.first { if case .message = $0 { true } else { false } }
                guard case .message(channel, let payload) = events.last else {
                    Issue.record("\(events) instead of a message of \(channel)")
                    return
                }
                #expect(payload == ByteBuffer(string: "hello"))
            }
            #expect(subscriber.isConnected)
        }
    }

    @Test("When the slot moves, the listener is told of the gap, and hears the new master")
    func move() async throws {
        try await self.run { process, cluster, subscriber, log in
            let channel = ValkeyChannel("c", isSharded: true)
            try await self.subscribe(channel, subscriber, log)
            var source = try #require(try await process.owner(of: HashSlot.of("c".utf8), asking: 0))
            for round in 0..<4 {
                let target = (source + 1) % 3
                try await process.move(HashSlot.of("c".utf8), from: source, to: target)
                let events = await log.first { if case .subscribed = $0 { true } else { false } }
                #expect(events.map { "\($0)".prefix { $0 != "(" } } == ["interrupted", "subscribed"])
                try await self.publish(channel, "\(round)", cluster)
                let heard = await log.first { if case .message = $0 { true } else { false } }
                #expect(heard.count == 1)
                source = target
            }
        }
    }

    @Test("When a master is killed, its replica is listened to, and the gap is told")
    func failover() async throws {
        try await self.run(withReplicas: true) { process, cluster, subscriber, log in
            let channel = ValkeyChannel("c", isSharded: true)
            try await self.subscribe(channel, subscriber, log)
            let master = try #require(try await process.owner(of: HashSlot.of("c".utf8), asking: 0))
            try await process.failOver(master)
            let events = await log.first { if case .subscribed = $0 { true } else { false } }
            #expect(events.map { "\($0)".prefix { $0 != "(" } } == ["interrupted", "subscribed"])
            try await self.publish(channel, "x", cluster)
            await log.first { if case .message = $0 { true } else { false } }
        }
    }

    private func publish(_ channel: ValkeyChannel, _ text: String, _ cluster: ValkeyCluster) async throws {
        let name = ValkeyArgument(channel.name)
        let command: ValkeyArgument = channel.isSharded ? "SPUBLISH" : "PUBLISH"
        _ = try await cluster.send(ValkeyCommand(command, name, ValkeyArgument(text)), key: name)
    }

    private func subscribe(
        _ channel: ValkeyChannel,
        _ subscriber: ValkeyClusterSubscriber,
        _ log: EventLog<ValkeySubscriberEvent>
    ) async throws {
        subscriber.subscribe(channel)
        await log.first { if case .subscribed = $0 { true } else { false } }
    }

    private func run(
        withReplicas: Bool = false,
        _ body: (ValkeyClusterProcess, ValkeyCluster, ValkeyClusterSubscriber, EventLog<ValkeySubscriberEvent>)
            async throws -> Void
    ) async throws {
        try await ClusterTests.run(withReplicas: withReplicas) { (process, cluster) async throws in
            let log = Log()
            let subscriber = ValkeyClusterSubscriber(cluster, loop: loops[0], handler: log.add)
            do {
                try await body(process, cluster, subscriber, log)
                await subscriber.close()
            } catch {
                await subscriber.close()
                throw error
            }
        }
    }
}
