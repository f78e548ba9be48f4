import Foundation
import RelayCore
import Testing

@testable import RelayServer

@Suite struct ConfigurationKeyTests {
    private typealias Loader = ConfigurationLoaderTests

    @Test("No spelling means two keys, and none is hidden by a key without effect")
    func spellings() {
        let spellings = ConfigurationKey.all.flatMap(\.spellings)
        #expect(Set(spellings).count == spellings.count)
        for spelling in spellings {
            #expect(!DormantKey.all.contains { $0.matches(spelling) })
            #expect(!spelling.contains("__") && spelling == spelling.lowercased())
        }
    }

    @Test("A key moves its own property only, under each of its spellings", arguments: ConfigurationKey.all.map(\.name))
    func effect(_ name: String) throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == name })
        let sample = try #require(Self.samples[name], "give this key a sample that is not its default")
        for spelling in key.spellings {
            let variable = "PULSAR_" + spelling.uppercased().replacing(".", with: "__")
            let loaded = try Loader.load(environment: Self.companions(name).merging([variable: sample]) { $1 })
            let changed = ConfigurationKey.all.filter { $0.read(loaded.configuration) != $0.read(RelayConfiguration()) }
            #expect(
                changed.map(\.name).filter { !Self.companions(name).keys.contains("PULSAR_\($0.uppercased())") } == [
                    name
                ]
            )
        }
    }

    @Test("The example lists the table's keys in order and loads to the defaults")
    func example() throws {
        let path = URL(filePath: #filePath).appending(path: "../../../../config.example.yaml").standardized.path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == ConfigurationExample.render(), "config.example.yaml must be what `ConfigurationExample` makes")
        let keys = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ":").first
        }
        #expect(keys.map(String.init) == ConfigurationKey.all.map(\.name))
        let loaded = try Loader.load(files: ["./config.yaml": text])
        #expect(loaded.configuration == RelayConfiguration())
        #expect(loaded.origins.count == ConfigurationKey.all.count { $0.read(RelayConfiguration()) != nil })
    }

    @Test("The example explains each key on lines of at most 120 characters")
    func exampleLines() {
        for line in ConfigurationExample.render().split(separator: "\n") {
            #expect(line.count <= 120, "\(line)")
        }
    }

    @Test("What a configuration is shown as loads to the same configuration")
    func roundTrip() throws {
        let environment = Dictionary(
            uniqueKeysWithValues: Self.samples.filter {
                // A webhook's address needs its secret, and a relay has one certificate.
                ![
                    "jwt_secret_key", "bootstrap_admin_password", "valkey_password", "turn_secret",
                    "server_ed25519_key", "metrics_token", "otlp_headers",
                    "documents_webhook_secret", "documents_webhook_url", "tls_self_signed",
                ].contains($0.key)
            }
            .map { ("PULSAR_\($0.key.uppercased())", $0.value) }
        )
        let loaded = try Loader.load(environment: environment)
        let again = try Loader.load(files: ["./config.yaml": loaded.render()])
        #expect(again.configuration == loaded.configuration)
    }

    @Test("What is shown masks secrets and names each origin")
    func render() throws {
        let loaded = try Loader.load(
            environment: ["PULSAR_JWT_SECRET": "hunter2-hunter2"],
            files: ["./config.yaml": "port: 81\ndata_dir: 'a: \"b\"'"]
        )
        let lines = loaded.render().split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(lines.first == "# configuration file: ./config.yaml")
        #expect(lines.contains("port: 81 # ./config.yaml line 1"))
        #expect(lines.contains("data_dir: 'a: \"b\"' # ./config.yaml line 2"))
        #expect(lines.contains("jwt_secret_key: '********' # environment PULSAR_JWT_SECRET"))
        #expect(lines.contains("bootstrap_admin_password: # default"))
        #expect(lines.contains("host: 127.0.0.1 # default"))
        #expect(lines.count == ConfigurationKey.all.count + 1)
        #expect(!loaded.render().contains("hunter2"))
    }

    @Test("A secret is shown neither by printing nor by dumping it")
    func secret() {
        var text = "\(Secret("hunter2")) \(String(reflecting: [Secret("hunter2")]))"
        var configuration = RelayConfiguration()
        configuration.access.jwtSecret = Secret("hunter2")
        dump(configuration, to: &text)
        #expect(!text.contains("hunter2"))
    }

    @Test("Every setting of a group is among its keys")
    func complete() {
        var names: [String] = []
        func collect(_ value: Any) {
            for child in Mirror(reflecting: value).children {
                if child.label?.hasPrefix("_") == true {
                    names.append("\(child.label ?? "")")
                } else if "\(type(of: value))" != "\(type(of: child.value))" {
                    collect(child.value)
                }
            }
        }
        collect(RelayConfiguration())
        #expect(names.count == ConfigurationKey.all.count, "\(names)")
    }

    @Test("A configured retention becomes a store's retention; zero keeps for ever")
    func retention() {
        var storage = RelayConfiguration.Storage()
        #expect(storage.retention.maxAgeSeconds == 86_400)
        storage.persistentTierRetention = .zero
        storage.maxMessagesPerTopic = 5
        #expect(storage.retention.maxAgeSeconds == nil)
        #expect(storage.retention.maxMessages == 5)
    }

    /// A value of each key that is not its default.
    private static let samples: [String: String] = [
        "audit_max_records": "77", "audit_retention_days": "3", "audit_sign_ins": "all",
        "metrics_token": "0123456789abcdef",
        "prometheus_tls": "true", "shutdown_spread_seconds": "3", "shutdown_alternate_url": "https://other.example.org",
        "udp_bind": "192.0.2.1:7000", "udp_alternate_port": "7003", "udp_alternate_address": "192.0.2.2",
        "public_address": "2001:db8::1", "udp_requests_per_second": "0", "udp_max_connections": "9",
        "public_host": "relay.example.org", "turn_enabled": "true", "turn_secret": "0123456789abcdef",
        "turn_credential_ttl": "1h", "turn_min_port": "50000", "turn_max_port": "50100", "turn_max_allocations": "7",
        "turn_max_allocations_per_user": "3", "turn_allowed_peers": "10.0.0.0/8", "relay_bandwidth_limit": "1MiB",
        "tls_cert_path": "/relay.crt", "tls_key_path": "/relay.key", "tls_self_signed": "true",
        "quic_bind": "192.0.2.1:8443", "http3_enabled": "false",
        "quic_cert_path": "/quic.crt", "quic_key_path": "/quic.key",
        "quic_max_connections": "7", "quic_max_connections_per_address": "3", "quic_max_strangers": "5",
        "quic_max_strangers_per_address": "2", "quic_auth_seconds": "7", "quic_max_tunnels": "9",
        "quic_max_streams": "11", "quic_connection_window_bytes": "2MiB", "quic_idle_seconds": "60",
        "quic_keep_alive_seconds": "20",
        "client_ca_path": "/clients.pem", "mtls_enabled": "true",
        "host": "0.0.0.0", "port": "1", "threads": "2", "max_connections": "3", "max_connections_per_address": "10",
        "max_new_connections_per_address": "0",
        "max_body_bytes": "2MiB", "header_timeout": "1", "read_timeout": "1.5", "write_timeout": "500ms",
        "idle_timeout": "2m", "peer_timeout": "90s", "max_subscriptions_per_user": "5",
        "max_waiting_publishes_per_user": "6", "max_waiting_bytes_per_user": "7KiB", "ws_max_topics": "8",
        "shutdown_grace_seconds": "0", "shutdown_notice_seconds": "5", "hole_punch_timeout": "20",
        "punch_private_addresses": "true",
        "allowed_origins": "[\"https://a.example\"]",
        "trusted_hosts": "*.a.example,b", "trust_forwarded_for": "true", "trusted_proxies": "10.0.0.0/8,::1",
        "console": "no",
        "storage_backend": "MEMORY", "data_dir": "/srv/x y", "memory_store_max_bytes": "1GiB",
        "transient_max_bytes": "32MiB",
        "persistent_tier_retention": "7d", "max_messages_per_topic": "10", "idempotency_window_seconds": "5",
        "valkey_host": "::1", "valkey_port": "6380", "valkey_cluster_nodes": "a:6379,[::1]:6380",
        "valkey_username": "relay", "valkey_password": "p",
        "valkey_use_tls": "true", "valkey_ca_path": "/ca.pem", "valkey_db": "1", "valkey_prefix": "relay:",
        "valkey_command_timeout": "250ms", "storage_durability": "memory", "valkey_replicas": "2",
        "valkey_replica_timeout": "2s", "valkey_sync_timeout": "2s",
        "hot_tier_max_messages_per_topic": "0", "hot_tier_max_bytes_per_topic": "0",
        "hot_tier_max_bytes": "1_000_000_000",
        "max_topics_per_user": "7", "max_topics": "8", "max_grants_per_topic": "9", "max_tokens_per_user": "10",
        "max_service_tokens_per_user": "11",
        "max_lists": "11", "max_named_readers_per_topic": "12", "max_named_readers_per_user": "13",
        "named_reader_idle_seconds": "7200",
        "max_memory_bytes": "3GiB", "max_stranger_bytes": "1MiB", "max_request_bytes": "7MiB",
        "max_answer_bytes": "8MiB",
        "max_waiting_bytes": "9MiB", "max_reader_bytes": "10MiB", "max_document_bytes": "11MiB",
        "max_presence_bytes": "12MiB",
        "jwt_secret_key": "short", "bootstrap_admin_username": "root", "bootstrap_admin_password": "12345678",
        "bootstrap_admin_email": "a@b", "allow_insecure_defaults": "yes", "access_token_expire_minutes": "6",
        "end_expired_connections": "no",
        "refresh_token_ttl_days": "1", "refresh_reuse_grace_seconds": "10", "service_token_seconds": "60",
        "service_token_max_seconds": "600", "topic_scope": "owner",
        "argon2_memory_kib": "65536", "argon2_iterations": "3", "argon2_parallelism": "4",
        "rate_limits_enabled": "off", "rate_limit_login": "0", "rate_limit_refresh": "1", "rate_limit_publish": "120",
        "rate_limit_bulk": "30", "ws_max_per_user": "10", "ws_idle_seconds": "5", "ws_query_token": "no",
        "presence_max_data_bytes": "1KiB", "presence_max_topics_per_connection": "7",
        "presence_max_members_per_user": "8", "presence_max_members_per_topic": "9",
        "presence_max_bytes_per_topic": "10KiB", "presence_lease_seconds": "11",
        "pulse_port": "9191", "pulse_host": "::1", "pulse_websocket_path": "/live", "pulse_max_message_bytes": "32KiB",
        "pulse_max_subscriptions": "7", "pulse_presence": "named",
        "pulse_heartbeat_seconds": "10", "pulse_timeout_seconds": "90",
        "pulse_anonymous_user": "guest", "pulse_max_anonymous_per_address": "3", "pulse_max_anonymous": "30",
        "poll_max_topics": "20", "poll_max_waiters_per_user": "50", "log_level": "DEBUG", "log_format": "json",
        "sessions_allow_anonymous": "true", "sessions_accept_legacy_tokens": "true",
        "server_ed25519_key": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "sessions_cluster_id": "b", "session_ttl": "10m", "session_max_ttl": "2h", "session_host_grace_seconds": "5",
        "session_reconnect_seconds": "6", "session_lease_seconds": "7", "session_ticket_seconds": "18",
        "max_sessions": "8",
        "max_sessions_per_user": "9", "max_anonymous_sessions_per_address": "21", "session_max_peers": "10",
        "session_max_invites": "11",
        "session_max_documents": "12",
        "session_max_metadata_bytes": "12KiB", "session_max_chat_bytes": "13KiB", "session_max_signal_bytes": "14KiB",
        "session_max_file_bytes": "15KiB", "session_max_messages": "16", "session_max_hot_messages": "17",
        "session_max_bytes": "3MiB", "session_max_peer_bytes": "2MiB",
        "rate_limit_floods": "14", "http2": "false", "http2_max_streams": "77", "rate_limit_failed_joins": "16",
        "rate_limit_anonymous_sessions": "19", "tunnel_window_bytes": "128KiB",
        "signaling_join_seconds": "7", "signaling_max_strangers_per_address": "8", "signaling_max_strangers": "9",
        "signaling_messages_per_second": "10", "signaling_bytes_per_second": "11KiB",
        "tunnel_pair_seconds": "17", "node_url": "https://10.0.0.5:8443", "node_ca_file": "ca.pem",
        "documents_max_loaded": "12", "documents_max_connections": "13",
        "documents_max_connections_per_user": "12", "documents_max_bytes": "14MiB",
        "documents_max_message_bytes": "15MiB", "documents_idle_seconds": "16", "documents_history": "0",
        "documents_allow_anonymous": "yes", "documents_max_anonymous_per_address": "17",
        "documents_max_anonymous": "18", "documents_example": "no",
        "documents_webhook_url": "https://example.org/hook", "documents_webhook_secret": "0123456789abcdef",
        "documents_webhook_events": "connect,create",
        "max_webhooks_per_user": "3", "max_webhooks": "4", "webhook_max_topics": "5", "webhook_max_concurrent": "6",
        "webhook_timeout_seconds": "7", "webhook_dead_after_seconds": "80", "webhook_allow_private": "yes",
        "device_code_ttl_seconds": "60", "device_code_poll_interval": "1", "device_max_waiting": "2",
        "device_password_approval": "no", "oidc_base_url": "https://relay.example.org",
        "oidc_enabled": "true", "oidc_default_permissions": "read", "oidc_state_ttl_seconds": "300",
        "oidc_max_waiting": "500", "oidc_ca_path": "/etc/ssl/providers.pem",
        "rate_limit_device_code": "3", "rate_limit_device_token": "4", "rate_limit_device_page": "5",
        "metrics_per_topic": "1", "metrics_max_topics": "10", "prometheus_port": "9090",
        "otlp_endpoint": "https://collector.example.org:4317", "otlp_protocol": "GRPC",
        "otlp_headers": "Api-Key=abc,b=c",
        "otlp_ca_path": "/etc/ca.pem", "otlp_signals": "traces,logs", "otlp_service_name": "relay-b",
        "otlp_resource_attributes": "deployment.environment.name=test", "otlp_interval": "5s", "otlp_timeout": "3",
        "otlp_max_queue_bytes": "1MiB", "trace_sample_ratio": "0.5", "trace_max_per_second": "10",
        "trace_topic_names": "yes", "trace_in_messages": "no",
    ]

    /// What must be set beside a key for it to be accepted.
    private static func companions(_ name: String) -> [String: String] {
        switch name {
        case "tls_cert_path": ["PULSAR_TLS_KEY_PATH": "/relay.key"]
        case "tls_key_path": ["PULSAR_TLS_CERT_PATH": "/relay.crt"]
        case "quic_cert_path": ["PULSAR_QUIC_KEY_PATH": "/quic.key"]
        case "quic_key_path": ["PULSAR_QUIC_CERT_PATH": "/quic.crt"]
        case "client_ca_path": ["PULSAR_TLS_SELF_SIGNED": "true"]
        case "mtls_enabled": ["PULSAR_TLS_SELF_SIGNED": "true", "PULSAR_CLIENT_CA_PATH": "/clients.pem"]
        case "trust_forwarded_for": ["PULSAR_TRUSTED_PROXIES": "::1"]
        case "documents_webhook_url": ["PULSAR_DOCUMENTS_WEBHOOK_SECRET": "0123456789abcdef"]
        case "turn_enabled": ["PULSAR_UDP_BIND": "0.0.0.0:7000"]
        default: [:]
        }
    }
}
