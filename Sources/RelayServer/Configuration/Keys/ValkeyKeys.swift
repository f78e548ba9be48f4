import NIOCore
import RelayStorage
import RelayValkey

extension RelayConfiguration {
    /// The server or the cluster that several relays share, where the storage backend is `valkey`.
    public struct Valkey: Hashable, Sendable {
        @Setting(
            "valkey_host",
            .text(length: 1...255),
            "Name or address of the server that several relays share. Only with storage_backend: valkey."
        )
        public var host = "localhost"

        @Setting("valkey_port", .integer(1...65_535), "Its port.")
        public var port = 6379

        @Setting(
            "valkey_cluster_nodes",
            .clusterNodes,
            "Some nodes of a Valkey cluster, as host:port. Empty: valkey_host and valkey_port are one server."
        )
        public var clusterNodes: [ClusterNode] = []

        @Setting(
            "valkey_username",
            ValueFormat.text(length: 1...255).optional,
            "The user to log in as. Not set: default, if there is a password."
        )
        public var username: String? = nil

        @Setting(
            "valkey_password",
            ValueFormat.secret(minimumLength: 1).optional,
            "Its password. Not set: the server asks for none, which is for loopback only."
        )
        public var password: Secret? = nil

        @Setting("valkey_use_tls", .boolean, "Talk TLS to it.")
        public var usesTLS = false

        @Setting(
            "valkey_ca_path",
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of the authorities to trust. Not set: those of the machine."
        )
        public var certificateAuthorityPath: String? = nil

        @Setting("valkey_db", .integer(0...65_535), "Number of the database. A cluster has 0 only.")
        public var database = ValkeyConfiguration().database

        @Setting(
            "valkey_prefix",
            ValueFormat.text(length: 1...64).refusing {
                $0.contains { "{}".contains($0) } ? "it may not hold braces" : nil
            },
            "What every key begins with: relays with the same prefix are one relay."
        )
        public var prefix = ValkeyStore.Settings().prefix

        @Setting(
            "valkey_command_timeout",
            .duration(.milliseconds(100) ... .seconds(300)),
            "Seconds after which a command without a reply has failed, and its publish is answered 503."
        )
        public var commandTimeout = Duration(ValkeyConfiguration().commandTimeout)

        @Setting(
            "valkey_replicas",
            .integer(1...100),
            "How many replicas must have a message, where its durability is replicated."
        )
        public var replicas = ValkeyStore.Settings().replicas

        @Setting(
            "valkey_replica_timeout",
            .duration(.milliseconds(10) ... .seconds(60)),
            "Seconds to wait for these replicas; then the publish is answered 503, though the message may be stored."
        )
        public var replicaTimeout = ValkeyStore.Settings().replicaTimeout

        @Setting(
            "valkey_sync_timeout",
            .duration(.milliseconds(10) ... .seconds(60)),
            "Seconds to wait for the server's disk, where durability is synced; then 503, though the message may be stored."
        )
        public var syncTimeout = ValkeyStore.Settings().syncTimeout

        static let keys = ConfigurationKey.keys(
            "valkey",
            prefixes: ["valkey_"],
            at: \.valkey,
            \.$host,
            \.$port,
            \.$clusterNodes,
            \.$username,
            \.$password,
            \.$usesTLS,
            \.$certificateAuthorityPath,
            \.$database,
            \.$prefix,
            \.$commandTimeout,
            \.$replicas,
            \.$replicaTimeout,
            \.$syncTimeout
        )

        public init() {}

        /// A node of a cluster.
        public typealias ClusterNode = HostPort
    }
}

extension ValueFormat<[RelayConfiguration.Valkey.ClusterNode]> {
    static var clusterNodes: ValueFormat {
        .list(expected: "nodes like valkey-1:6379 or [fd00::1]:6379") { text in
            RelayConfiguration.Valkey.ClusterNode(text)
        } show: {
            $0.description
        }
    }
}
