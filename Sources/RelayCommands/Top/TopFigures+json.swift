public import RelayClient

extension TopFigures {
    /// The same for programs: numbers by name, and the topics in an order.
    ///
    /// - Parameters:
    ///   - title: which relay it is.
    ///   - order: of the topics.
    public func json(title: String, order: TopOrder) -> JSONDocument {
        let rates = [
            ("publishes_per_second", self.rate("relay_messages_received_total")),
            ("deliveries_per_second", self.rate("relay_messages_delivered_total")),
            ("requests_per_second", self.rate("pulsar_http_requests_total")),
            ("failures_per_second", self.failures), ("latency_p50_seconds", self.latency(0.5)),
            ("latency_p99_seconds", self.latency(0.99)), ("cpu", self.rate("process_cpu_seconds_total")),
            ("resident_bytes", self.now.metrics.total("process_resident_memory_bytes")),
            ("websockets", self.now.metrics.total("relay_websocket_connections_active")),
            ("polls", self.now.metrics.total("relay_poll_waiters_active")),
            ("subscriptions", self.now.metrics.total("relay_subscriptions_active")),
            ("sessions", self.now.metrics.total("pulsar_sessions_active")),
        ]
        let topics = self.topics(by: order).map { topic in
            JSONDocument.object([
                ("topic_name", .string(topic.name)), ("messages_per_second", Self.number(topic.rate)),
                ("readers", Self.number(topic.readers)), ("messages", Self.number(topic.kept)),
                ("kind", topic.kind.map(JSONDocument.string) ?? .null),
            ])
        }
        return .object(
            [("relay", .string(title)), ("seconds", Self.number(self.now.at - self.before.at))]
                + rates.map { ($0, Self.number($1)) }
                + [("nodes", self.now.nodes.map(JSONDocument.array) ?? .null), ("topics", .array(topics))]
        )
    }

    /// Null for what is not known, and for what JSON can't say.
    private static func number(_ value: Double?) -> JSONDocument {
        guard let value else { return .null }
        if let whole = Int(exactly: value) { return .number(JSONNumber(whole)) }
        return JSONNumber(value).map(JSONDocument.number) ?? .null
    }
}
