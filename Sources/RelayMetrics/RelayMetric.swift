/// The names of the relay's metrics, which dashboards of the Python relay know, and what each means.
public enum RelayMetric {
    public static let messagesReceived = "relay_messages_received_total"
    public static let messagesDelivered = "relay_messages_delivered_total"
    public static let messageLatency = "relay_message_latency_seconds"
    public static let webSocketsActive = "relay_websocket_connections_active"
    public static let webSocketsOpened = "relay_websocket_connections_total"
    public static let webSocketsClosed = "relay_websocket_disconnections_total"
    public static let connectionsRefused = "relay_connections_refused_total"
    public static let storageOperations = "relay_storage_operations_total"
    public static let topicMessages = "relay_topic_message_count"
    public static let errors = "relay_errors_total"
    public static let udpAnswered = "relay_udp_answered_total"
    public static let udpIgnored = "relay_udp_ignored_total"
    public static let turnAllocations = "relay_turn_allocations_total"
    public static let turnAllocationsActive = "relay_turn_allocations_active"
    public static let turnDropped = "relay_turn_dropped_total"
    public static let httpRequests = "http_requests_total"
    public static let httpRequestSize = "http_request_size_bytes"
    public static let httpResponseSize = "http_response_size_bytes"
    public static let httpDuration = "http_request_duration_seconds"
    public static let httpDurationFine = "http_request_duration_highr_seconds"
    public static let relayedBytes = "pulsar_relay_bytes_total"
    public static let relayedConnections = "pulsar_relay_connections_active"
    public static let pathBytes = "pulsar_path_bytes_total"

    // MARK: Measured when they are asked for

    public static let hotTierBytes = MeasuredMetric(
        "relay_hot_tier_bytes",
        .gauge,
        "Bytes of messages in memory, all topics."
    )
    public static let unstoredBytes = MeasuredMetric(
        "relay_unstored_bytes",
        .gauge,
        "Bytes of messages with durability memory on their way."
    )
    public static let unstoredLost = MeasuredMetric(
        "relay_unstored_messages_lost_total",
        .counter,
        "Messages with durability memory that the store did not take."
    )
    public static let residentTopics = MeasuredMetric("relay_resident_topics", .gauge, "Topics in memory.")
    public static let pollWaiters = MeasuredMetric(
        "relay_poll_waiters_active",
        .gauge,
        "Long polls that wait now."
    )
    public static let subscriptions = MeasuredMetric(
        "relay_subscriptions_active",
        .gauge,
        "Topics that WebSockets, event streams and waiting polls follow now, each counted for each."
    )
    public static let memoryBytes = MeasuredMetric("relay_memory_bytes", .gauge, "Bytes held for clients.")
    public static let memoryLimits = MeasuredMetric("relay_memory_limit_bytes", .gauge, "Bounds of these.")
    public static let memoryWholeLimit = MeasuredMetric(
        "relay_memory_whole_limit_bytes",
        .gauge,
        "Bound of all that is held for clients."
    )
    public static let memoryRefusals = MeasuredMetric(
        "relay_memory_refusals_total",
        .counter,
        "Times that clients were refused for want of memory."
    )
    public static let memoryClosed = MeasuredMetric(
        "relay_memory_closed_connections_total",
        .counter,
        "Connections closed for want of memory, since they did not take their answers."
    )
    public static let logLinesDropped = MeasuredMetric(
        "relay_log_lines_dropped_total",
        .counter,
        "Log lines dropped, since whoever reads the log did not keep up."
    )

    public static let sessionsCreated = MeasuredMetric(
        "pulsar_sessions_total",
        .counter,
        "Sessions made at this relay."
    )
    /// The reference names it without the ending that counters have by rule.
    public static let sessionsClosed = MeasuredMetric(
        "pulsar_sessions_closed",
        .counter,
        "Sessions that ended, by reason, as this relay has decided."
    )
    public static let sessionsClosedTotal = MeasuredMetric(
        "pulsar_sessions_closed_total",
        .counter,
        "The same as pulsar_sessions_closed."
    )
    public static let sessionsActive = MeasuredMetric(
        "pulsar_sessions_active",
        .gauge,
        "Sessions that have not ended, on all relays that share the store."
    )

    // MARK: Counted where it happens

    /// - Parameter maxTopics: topics with series of their own, where series are labelled with topics.
    public static func descriptions(maxTopics: Int) -> [MetricDescription] {
        [
            MetricDescription(
                self.messagesReceived,
                "Messages stored for publishers, bulk included.",
                maxSeries: maxTopics
            ),
            MetricDescription(
                self.messagesDelivered,
                "Messages handed to readers, by way of delivery.",
                maxSeries: maxTopics
            ),
            MetricDescription(
                self.messageLatency,
                "Seconds from a message's arrival until it is stored.",
                maxSeries: maxTopics
            ),
            MetricDescription(self.webSocketsActive, "WebSockets open now."),
            MetricDescription(self.webSocketsOpened, "WebSockets opened."),
            MetricDescription(self.webSocketsClosed, "WebSockets closed."),
            MetricDescription(
                self.connectionsRefused,
                "Connections refused, and times that accepting stopped, by reason."
            ),
            MetricDescription(self.storageOperations, "Operations on the store, by outcome."),
            MetricDescription(self.topicMessages, "Messages kept of a topic.", maxSeries: maxTopics),
            MetricDescription(self.errors, "Errors by type and code."),
            MetricDescription(self.udpAnswered, "Questions on the port for STUN that were answered."),
            MetricDescription(self.udpIgnored, "Datagrams on the port for STUN without an answer, by reason."),
            MetricDescription(self.turnAllocations, "Relayed ports given to clients of TURN."),
            MetricDescription(self.turnAllocationsActive, "Relayed ports of clients of TURN now."),
            MetricDescription(self.turnDropped, "Datagrams that TURN did not relay, by reason."),
            MetricDescription(self.pathBytes, "Bytes relayed between peers, by mode and direction."),
            MetricDescription(self.httpRequests, "HTTP requests by route, method and class of status."),
            MetricDescription(
                self.httpRequestSize,
                "Bytes of request bodies.",
                buckets: MetricDescription.sizeBuckets
            ),
            MetricDescription(
                self.httpResponseSize,
                "Bytes of response bodies.",
                buckets: MetricDescription.sizeBuckets
            ),
            MetricDescription(
                self.httpDuration,
                "Seconds from a request's head to its response's end, by route.",
                buckets: [0.1, 0.5, 1]
            ),
            MetricDescription(
                self.httpDurationFine,
                "Seconds from a request's head to its response's end, all routes.",
                buckets: self.fineBuckets
            ),
            MetricDescription(self.relayedBytes, "Bytes carried between peers, by direction as the relay sees it."),
            MetricDescription(self.relayedConnections, "Tunnels between peers, connected now."),
        ]
    }

    private static let fineBuckets = [
        0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
    ]
}
