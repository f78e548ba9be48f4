import NIOCore
import RelayMetrics
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("Publishing for clients that leave")
struct PublisherTests {
    /// A client that leaves as soon as it has sent something that takes time.
    private final class LeavingClient: PublishClient {
        let loop: DeliveryLoop
        let publishStart: NIODeadline? = .now()
        private let lane: TaskLane

        init(_ loop: DeliveryLoop, _ lane: TaskLane) {
            self.loop = loop
            self.lane = lane
        }

        func suspend<Value: Sendable>(
            _ work: @escaping @Sendable () async -> Value,
            then body: @escaping (Value) -> Void
        ) {
            #expect(self.lane.run(work, on: self.loop.eventLoop) { _ in })
        }

        func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _: Void) {
            Issue.record("nobody is there any more")
        }
    }

    /// - Returns: what the metrics say afterwards.
    private func publish(_ topics: [String], _ parts: RelayParts, _ group: any EventLoopGroup) async throws -> String {
        let loop = parts.loops[group.next()]
        let registry = PrometheusRegistry()
        let metrics = EdgeMetrics(
            factory: PrometheusMetricsFactory(registry: registry),
            maxTopics: 0,
            broker: parts.broker,
            logger: parts.services.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await parts.lane.run() }
            try await loop.eventLoop.submit {
                let publisher = Publisher(broker: parts.broker, metrics: metrics)
                let client = LeavingClient(loop, parts.lane)
                for topic in topics {
                    let draft = Draft(timestamp: parts.broker.clock.now(), payload: ByteBuffer(string: "{}"))
                    let item = Broker.Item(key: TopicKey(name: try #require(TopicName(topic))), draft: draft)
                    publisher.publish(item, once: nil, as: Self.writer, for: client, ())
                }
            }.get()
            parts.lane.close()
            try await tasks.waitForAll()
        }
        return registry.exposition()
    }

    private static let writer = Principal(id: UserID("id"), username: "writer", permissions: [.write])

    private func count(_ status: String) -> String {
        "\(RelayMetric.storageOperations){operation=\"append\",status=\"\(status)\"}"
    }

    @Test("what the store did is counted all the same")
    func counted() async throws {
        try await withRelayParts { parts, group, _ in
            let metrics = try await self.publish(["a", "b"], parts, group)
            #expect(metrics.contains("\(self.count("success")) 2"), "\(metrics)")
        }
    }

    @Test("what it did not do is counted and told of")
    func failed() async throws {
        var configuration = RelayConfiguration.forTests
        configuration.storage.memoryStoreMaxBytes = 1
        try await withRelayParts(configuration) { parts, group, lines in
            let metrics = try await self.publish(["a"], parts, group)
            #expect(metrics.contains("\(self.count("error")) 1"), "\(metrics)")
            #expect(lines.all.contains { $0.contains("publishes fail") }, "\(lines.all)")
        }
    }
}
