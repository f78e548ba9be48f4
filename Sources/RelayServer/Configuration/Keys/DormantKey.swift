/// A key of the systems that the relay replaces. It is read without complaint, and has no effect. So existing files load, and the log
/// names their keys that are not in force.
struct DormantKey: Sendable {
    /// Flat names, names with dots, and groups whose keys are all meant (`heartbeat` for `heartbeat.x`).
    let names: [String]
    let reason: String

    init(_ names: String..., because reason: String) {
        self.names = names
        self.reason = reason
    }

    func matches(_ spelling: String) -> Bool {
        self.names.contains { spelling == $0 || spelling.hasPrefix($0 + ".") }
    }

    static let all: [DormantKey] = [
        // The Python relay.
        DormantKey("app_name", because: "the relay has no other name than Pulsar Relay"),
        DormantKey(
            "valkey_pool_size",
            "valkey.pool_size",
            because: "there is one connection for each event loop thread, and a few more"
        ),
        DormantKey(
            "rate_limit_storage_uri",
            because: "relays that share a Valkey count log-ins there, others in memory"
        ),
        // The Pulse engine.
        DormantKey(
            "transport.websocket",
            "transport.webtransport",
            because: "WebSockets are always on, and WebTransport wherever quic_bind is set"
        ),
        DormantKey(
            "limits.max_channels",
            because: "channels are topics: max_topics_per_user and max_topics say how many there may be"
        ),
        // The session service.
        DormantKey("database_url", because: "set storage_backend: data is kept on sqlite, in memory or on Valkey"),
        DormantKey("storage_dir", because: "set data_dir"),
        DormantKey("s3_bucket", "s3_region", because: "this version has no snapshots on S3"),
        DormantKey(
            "nat_probe_timeout",
            "p2p_allow_insecure",
            because: "peers decide that for themselves"
        ),
    ]
}
