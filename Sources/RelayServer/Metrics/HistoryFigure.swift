import RelayMetrics

/// A figure of which the relay remembers the last hour. Those that only grow count from the relay's start.
struct HistoryFigure: Sendable {
    /// Where its number comes from.
    enum Source: Sendable {
        /// What the series of a metric add up to: all, or those with a label.
        case series(String, label: (name: String, value: String)? = nil)
        /// How many observations a histogram has.
        case observations(String)
        /// What is measured when it is asked for.
        case measured(String)
    }

    /// Its name in `GET /api/v1/admin/history`.
    let name: String
    let source: Source

    /// All of them, in their order.
    static let all: [HistoryFigure] =
        [
            HistoryFigure("start_seconds", .measured("process_start_time_seconds")),
            HistoryFigure("messages_received", .series(RelayMetric.messagesReceived)),
            HistoryFigure("publish_seconds_sum", .series(RelayMetric.messageLatency)),
            HistoryFigure("publish_seconds_count", .observations(RelayMetric.messageLatency)),
            HistoryFigure("websockets", .series(RelayMetric.webSocketsActive)),
            HistoryFigure("subscriptions", .measured("relay_subscriptions_active")),
            HistoryFigure("waiting_polls", .measured("relay_poll_waiters_active")),
            HistoryFigure("sessions", .measured("pulsar_sessions_active")),
            HistoryFigure("documents", .measured("relay_documents_loaded")),
            HistoryFigure("held_bytes", .measured("relay_memory_bytes")),
            HistoryFigure("resident_bytes", .measured("process_resident_memory_bytes")),
            HistoryFigure("cpu_seconds", .measured("process_cpu_seconds_total")),
        ]
        + Self.labelled(
            "delivered",
            RelayMetric.messagesDelivered,
            "delivery_type",
            ["websocket", "long_poll", "event_stream"]
        )
        + Self.labelled("http", RelayMetric.httpRequests, "status", ["2xx", "3xx", "4xx", "5xx"])

    /// The histogram whose buckets are remembered too.
    static let latency = RelayMetric.messageLatency

    private init(_ name: String, _ source: Source) {
        self.name = name
        self.source = source
    }

    private static func labelled(_ start: String, _ metric: String, _ label: String, _ values: [String])
        -> [HistoryFigure]
    {
        values.map { HistoryFigure("\(start)_\($0)", .series(metric, label: (label, $0))) }
    }
}
