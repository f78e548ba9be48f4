/// The names of the relay's metrics, which dashboards of the Python relay know, and what each means.
public enum RelayMetric {
    public static let messagesReceived = "relay_messages_received_total"
    public static let messagesDelivered = "relay_messages_delivered_total"
    public static let messageLatency = "relay_message_latency_seconds"
    public static let webSocketsActive = "relay_websocket_connections_active"
    public static let webSocketsOpened = "relay_websocket_connections_total"
    public static let webSocketsClosed = "relay_websocket_disconnections_total"
    public static let connectionsRefused = "relay_connections_refused_total"
    public static let handshakesFailed = "relay_tls_handshakes_failed_total"
    public static let httpConnections = "relay_http_connections_total"
    public static let http2ConnectionsActive = "relay_http2_connections_active"
    public static let http2ConnectionsEnded = "relay_http2_connections_ended_total"
    public static let http2Requests = "relay_http2_requests_total"
    public static let http2StreamsRefused = "relay_http2_streams_refused_total"
    public static let http3ConnectionsActive = "relay_http3_connections_active"
    public static let http3ConnectionsEnded = "relay_http3_connections_ended_total"
    public static let http3Requests = "relay_http3_requests_total"
    public static let http3StreamsRefused = "relay_http3_streams_refused_total"
    public static let signIns = "relay_sign_ins_total"
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
    public static let relayedConnections = "pulsar_relay_connections_active"
    public static let pathBytes = "pulsar_path_bytes_total"
    public static let pathSwitches = "pulsar_path_switches_total"
    public static let pathsCurrent = "pulsar_path_current"
    public static let connections = "pulsar_connections_total"
    public static let connectionFailures = "pulsar_connection_failures_total"
    public static let quicConnectionsActive = "relay_quic_connections_active"
    public static let quicAllocationsActive = "relay_quic_allocations_active"
    public static let quicMigrations = "relay_quic_migrations_total"
    public static let quicDatagramsDropped = "relay_quic_datagrams_dropped_total"
    public static let punchAttempts = "pulsar_hole_punch_attempts_total"
    public static let punchSuccesses = "pulsar_hole_punch_success_total"
    public static let punchDuration = "pulsar_hole_punch_duration_seconds"
    public static let natTypes = "pulsar_nat_type_detected_total"
    public static let documentUpdates = "relay_document_updates_total"
    public static let documentUpdatesRefused = "relay_document_updates_refused_total"
    public static let documentAnswerBytes = "relay_document_answer_bytes_total"
    public static let documentAwareness = "relay_document_awareness_total"
    public static let pulseConnections = "pulse_connections_total"
    public static let pulseConnectionsActive = "pulse_connections_active"
    public static let pulseMessages = "pulse_messages_total"
    public static let pulseMessageBytes = "pulse_messages_bytes"
    public static let pulseChannelsActive = "pulse_channels_active"
    public static let pulseSubscriptions = "pulse_subscriptions_total"
    public static let pulseLatency = "pulse_latency_seconds"
    public static let pulseErrors = "pulse_errors_total"
    public static let pulseGaps = "pulse_gaps_total"
    public static let pulseDatagramsDropped = "pulse_datagrams_dropped_total"
    public static let rendezvousLatency = "pulsar_rendezvous_latency_seconds"

    // MARK: Measured when they are asked for

    public static let certificateEnd = MeasuredMetric(
        "relay_tls_certificate_end_timestamp_seconds",
        .gauge,
        "Until when the certificate is good that connections are shown, in Unix time."
    )

    public static let quicCertificateEnd = MeasuredMetric(
        "relay_quic_certificate_end_timestamp_seconds",
        .gauge,
        "Until when the certificate is good that QUIC clients are shown, in Unix time."
    )
    public static let quicPortConnections = MeasuredMetric(
        "relay_quic_port_connections_active",
        .gauge,
        "QUIC connections of all protocols now, with those whose handshake is not done."
    )
    public static let quicHandshakesActive = MeasuredMetric(
        "relay_quic_handshakes_active",
        .gauge,
        "QUIC handshakes under way."
    )
    public static let quicHandshakes = MeasuredMetric(
        "relay_quic_handshakes_total",
        .counter,
        "QUIC handshakes, by whether they were done."
    )
    public static let quicMemory = MeasuredMetric(
        "relay_quic_memory_bytes",
        .gauge,
        "Bytes that QUIC connections hold."
    )
    public static let quicRefused = MeasuredMetric(
        "relay_quic_clients_refused_total",
        .counter,
        "QUIC clients that were refused for a limit or a wrong token."
    )
    public static let quicRetries = MeasuredMetric(
        "relay_quic_retries_total",
        .counter,
        "QUIC clients that were asked to prove their addresses."
    )
    public static let quicResets = MeasuredMetric(
        "relay_quic_stateless_resets_total",
        .counter,
        "QUIC clients that were told that their connections are not known."
    )
    public static let quicPackets = MeasuredMetric(
        "relay_quic_udp_datagrams_total",
        .counter,
        "UDP datagrams of the QUIC port, by direction."
    )
    public static let quicPacketsDropped = MeasuredMetric(
        "relay_quic_udp_datagrams_dropped_total",
        .counter,
        "UDP datagrams that came to the QUIC port and are of no connection."
    )

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
    public static let acksWaiting = MeasuredMetric(
        "relay_reader_acks_waiting",
        .gauge,
        "Acknowledgements of named readers that are not stored yet: one for each reader."
    )
    public static let acksStored = MeasuredMetric(
        "relay_reader_acks_stored_total",
        .counter,
        "Moves of named readers that were stored."
    )
    public static let acksRefused = MeasuredMetric(
        "relay_reader_acks_refused_total",
        .counter,
        "Acknowledgements for which there was no memory."
    )
    public static let readerLag = MeasuredMetric(
        "relay_reader_lag_messages",
        .gauge,
        "Messages that a named reader has yet to acknowledge, of those that this relay serves."
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
    public static let relayedBytes = MeasuredMetric(
        "pulsar_relay_bytes_total",
        .counter,
        "Bytes carried between peers, by direction as the relay sees it."
    )
    public static let relayBandwidth = MeasuredMetric(
        "pulsar_relay_bandwidth_usage_bytes_per_sec",
        .gauge,
        "Bytes a second that peers sent each other by the relay, since this was read before."
    )
    public static let directRatio = MeasuredMetric(
        "pulsar_p2p_success_ratio",
        .gauge,
        "Share of the peers that reached another directly, of those that said what came of it in the last ten minutes."
    )
    public static let signalingMessages = MeasuredMetric(
        "pulsar_signaling_messages_total",
        .counter,
        "Messages of sessions, by what they are for."
    )
    public static let sessionsActive = MeasuredMetric(
        "pulsar_sessions_active",
        .gauge,
        "Sessions that have not ended, on all relays that share the store."
    )

    public static let documentsLoaded = MeasuredMetric("relay_documents_loaded", .gauge, "Documents in memory.")
    public static let documentConnections = MeasuredMetric(
        "relay_document_connections_active",
        .gauge,
        "Connections to documents."
    )
    public static let documentPollingSessions = MeasuredMetric(
        "relay_document_polling_sessions_active",
        .gauge,
        "Sessions of Socket.IO clients that poll, or did so at first."
    )
    public static let documentSnapshots = MeasuredMetric(
        "relay_document_snapshots_total",
        .counter,
        "Snapshots of documents, by what came of them."
    )

    public static let webhookEvents = MeasuredMetric(
        "relay_webhook_events_total",
        .counter,
        "Events for a webhook, by what came of them."
    )
    public static let webhookFailures = MeasuredMetric(
        "relay_webhook_failures_total",
        .counter,
        "Tries to tell a webhook that failed."
    )
    public static let webhookWaiting = MeasuredMetric(
        "relay_webhook_waiting",
        .gauge,
        "Events that wait to be told to a webhook."
    )

    public static let webhookDeliveries = MeasuredMetric(
        "relay_webhook_deliveries_total",
        .counter,
        "Requests to the receivers of topics' webhooks, by what came of them."
    )
    public static let webhookDelivered = MeasuredMetric(
        "relay_webhook_events_delivered_total",
        .counter,
        "Events that receivers of topics' webhooks have taken."
    )
    public static let webhooks = MeasuredMetric(
        "relay_webhooks",
        .gauge,
        "Webhooks of topics: running and failing ones are those for which this relay delivers, dead ones are all."
    )
    public static let webhookLag = MeasuredMetric(
        "relay_webhook_lag_messages",
        .gauge,
        "Messages that the webhooks for which this relay delivers are behind."
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
            MetricDescription(self.handshakesFailed, "TLS handshakes that were not completed, by reason."),
            MetricDescription(self.httpConnections, "Connections that carry requests, by version of HTTP."),
            MetricDescription(self.http2ConnectionsActive, "HTTP/2 connections open now."),
            MetricDescription(self.http2ConnectionsEnded, "HTTP/2 connections that the relay ended, by reason."),
            MetricDescription(self.http2Requests, "Requests over HTTP/2, which http_requests_total has too, by kind."),
            MetricDescription(self.http2StreamsRefused, "Streams of HTTP/2 for which there was no place."),
            MetricDescription(self.http3ConnectionsActive, "HTTP/3 connections open now."),
            MetricDescription(self.http3ConnectionsEnded, "HTTP/3 connections that the relay ended, by reason."),
            MetricDescription(self.http3Requests, "Requests over HTTP/3, which http_requests_total has too, by kind."),
            MetricDescription(self.http3StreamsRefused, "Streams of HTTP/3 for which there was no place."),
            MetricDescription(self.signIns, "Sign-ins, by way and by what came of them."),
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
                buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]
            ),
            MetricDescription(
                self.httpDurationFine,
                "Seconds from a request's head to its response's end, all routes.",
                buckets: self.fineBuckets
            ),
            MetricDescription(self.relayedConnections, "Tunnels between peers, connected now."),
        ] + self.peerDescriptions + self.documentDescriptions + self.pulseDescriptions + self.sessionServiceDescriptions
    }

    private static let peerDescriptions = [
        MetricDescription(Self.pathSwitches, "Times that two peers took another way, by ways and reason."),
        MetricDescription(Self.pathsCurrent, "Pairs of peers, by the way that they take now as far as is known."),
        MetricDescription(Self.connections, "Connections between peers, by protocol and how they came to be."),
        MetricDescription(Self.connectionFailures, "Connections between peers that did not come to be."),
        MetricDescription(Self.quicConnectionsActive, "QUIC connections to the relay, open now."),
        MetricDescription(Self.quicAllocationsActive, "Of these, those that have shown whose they are."),
        MetricDescription(Self.quicMigrations, "Times that a client went on from another address."),
        MetricDescription(Self.quicDatagramsDropped, "Datagrams of clients that went to no peer."),
        MetricDescription(Self.punchAttempts, "Peers that were told when and where to meet another, by their NAT."),
        MetricDescription(Self.punchSuccesses, "Peers that say to have reached another by that, by their NAT."),
        MetricDescription(
            Self.punchDuration,
            "Seconds from the common start until the other was reached.",
            buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10]
        ),
        MetricDescription(Self.natTypes, "NATs by what their peers have found out about them."),
    ]

    private static let documentDescriptions = [
        MetricDescription(
            Self.documentUpdates,
            "Updates of clients, by whether they brought anything."
        ),
        MetricDescription(Self.documentUpdatesRefused, "Updates that were not taken, by reason."),
        MetricDescription(Self.documentAnswerBytes, "Bytes of updates that clients got for what they lacked."),
        MetricDescription(Self.documentAwareness, "Awareness entries of clients, by whether they were accepted."),
    ]

    /// Under the names that the Pulse engine had for them, and one that is the relay's own.
    private static let pulseDescriptions = [
        MetricDescription(Self.pulseConnections, "WebSockets of Pulse's clients that were opened."),
        MetricDescription(Self.pulseConnectionsActive, "WebSockets of Pulse's clients that are open now."),
        MetricDescription(
            Self.pulseMessages,
            "Pulse frames: inbound from clients, outbound for one client, broadcast to subscribers, each counted for each."
        ),
        MetricDescription(
            Self.pulseMessageBytes,
            "Their bytes: of inbound frames with the length in front, of others with the WebSocket's head too."
        ),
        MetricDescription(
            Self.pulseChannelsActive,
            "Channels that Pulse's clients are subscribed to now, at this relay."
        ),
        MetricDescription(Self.pulseSubscriptions, "Subscriptions that Pulse's clients have begun."),
        MetricDescription(
            Self.pulseLatency,
            "Seconds from a request's frame until its answer was sent, errors apart.",
            buckets: [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]
        ),
        MetricDescription(
            Self.pulseErrors,
            "Requests of Pulse's clients that have failed, and what else went wrong, by the error's code. Also what no client is told."
        ),
        MetricDescription(
            Self.pulseGaps,
            "Times that a subscriber went on behind messages that are not kept any more."
        ),
        MetricDescription(
            Self.pulseDatagramsDropped,
            "Messages that were to go as datagrams of WebTransport and were dropped, since the client did not keep up."
        ),
    ]

    /// Under the names that the session service had for them.
    private static let sessionServiceDescriptions = [
        MetricDescription(
            Self.rendezvousLatency,
            "Seconds that requests about sessions took, by operation.",
            buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1]
        ),
        MetricDescription(
            "pulsar_http_requests_total",
            "The same as http_requests_total.",
            copying: Self.httpRequests,
            naming: ["handler": "path"]
        ),
        MetricDescription(
            "pulsar_http_request_duration_seconds",
            "The same as http_request_duration_seconds.",
            copying: Self.httpDuration,
            naming: ["handler": "path"]
        ),
    ]

    private static let fineBuckets = [
        0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
    ]
}
