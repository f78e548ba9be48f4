import HTTPTypes
import NIOHTTP1
import RelayCore
import RelayWire

/// What is kept of a topic, for how long, and how many follow it.
struct TopicFigures {
    private let bounds: StreamBounds
    private let retention: Retention
    private let readers: Int?

    /// - Parameter readers: on the relay that answers; nil where the topic is not in memory.
    init(_ topic: StoredTopic, readers: Int?, _ broker: Broker) {
        let kind = broker.catalog.behavior(of: topic.record.key.name)
        self.bounds = topic.bounds
        self.retention = kind.retention(configured: broker.limits.retention)
        self.readers = readers
    }

    var members: [(name: String, value: JSONTree)] {
        let last = self.bounds.last
        return [
            ("messages", .number(Int64(self.bounds.count))),
            ("last_id", .text(last == .zero ? nil : last.description)),
            ("max_messages", .number(Int64(self.retention.maxMessages))),
            ("retention_seconds", self.retention.maxAgeSeconds.map { .number($0) } ?? .null),
            ("in_memory", .flag(self.readers != nil)),
            ("readers", .number(Int64(self.readers ?? 0))),
        ]
    }
}

/// `GET /api/v1/topics/{topic_name}/stats`.
enum TopicFiguresRoute {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(.get, "/api/v1/topics/{topic_name}/stats", asking: .caller(.read)) {
            try await Self.show($0, services)
        }
    }

    private static func show(_ call: RESTCall, _ services: AdministrationServices) async throws -> Reply {
        let caller = try await call.caller()
        let path = try TopicPath(call, for: caller)
        let broker = call.services.broker
        let topic = try await path.asking { (key) throws(BrokerError) in
            try await broker.storedTopic(key, for: .inspect, as: caller)
        }
        let readers = try await services.loops.readers(of: [topic.record.key], broker).first ?? nil
        let figures = TopicFigures(topic, readers: readers, broker)
        return Reply(.ok, .object([("topic_name", .text(path.text))] + figures.members))
    }
}
