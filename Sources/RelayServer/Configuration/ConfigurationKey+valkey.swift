extension ConfigurationKey {
    static let valkey: [ConfigurationKey] = [
        ConfigurationKey(
            "valkey_host",
            "valkey.host",
            \.valkey.host,
            .text(length: 1...255),
            "Name or address of the server that several relays share. Only with storage_backend: valkey."
        ),
        ConfigurationKey(
            "valkey_port",
            "valkey.port",
            \.valkey.port,
            .integer(1...65_535),
            "Its port."
        ),
        ConfigurationKey(
            "valkey_cluster_nodes",
            "valkey.cluster_nodes",
            \.valkey.clusterNodes,
            .clusterNodes,
            "Some nodes of a Valkey cluster, as host:port. Empty: valkey_host and valkey_port are one server."
        ),
        ConfigurationKey(
            "valkey_username",
            "valkey.username",
            \.valkey.username,
            ValueCodec.text(length: 1...255).optional,
            "The user to log in as. Not set: default, if there is a password."
        ),
        ConfigurationKey(
            "valkey_password",
            "valkey.password",
            \.valkey.password,
            ValueCodec.secret(minimumLength: 1).optional,
            isSecret: true,
            "Its password. Not set: the server asks for none, which is for loopback only."
        ),
        ConfigurationKey(
            "valkey_use_tls",
            "valkey.use_tls",
            \.valkey.usesTLS,
            .boolean,
            "Talk TLS to it."
        ),
        ConfigurationKey(
            "valkey_ca_path",
            "valkey.ca_path",
            \.valkey.certificateAuthorityPath,
            ValueCodec.text(length: 1...4_096).optional,
            "PEM file of the authorities to trust. Not set: those of the machine."
        ),
        ConfigurationKey(
            "valkey_db",
            "valkey.db",
            \.valkey.database,
            .integer(0...65_535),
            "Number of the database. A cluster has 0 only."
        ),
        ConfigurationKey(
            "valkey_prefix",
            "valkey.prefix",
            \.valkey.prefix,
            ValueCodec.text(length: 1...64).refusing {
                $0.contains { "{}".contains($0) } ? "it may not hold braces" : nil
            },
            "What every key begins with: relays with the same prefix are one relay."
        ),
        ConfigurationKey(
            "valkey_command_timeout",
            "valkey.command_timeout",
            \.valkey.commandTimeout,
            .duration(.milliseconds(100) ... .seconds(300)),
            "Seconds after which a command without a reply has failed, and its publish is answered 503."
        ),
        ConfigurationKey(
            "valkey_replicas",
            "valkey.replicas",
            \.valkey.replicas,
            .integer(1...100),
            "How many replicas must have a message, where its durability is replicated."
        ),
        ConfigurationKey(
            "valkey_replica_timeout",
            "valkey.replica_timeout",
            \.valkey.replicaTimeout,
            .duration(.milliseconds(10) ... .seconds(60)),
            "Seconds to wait for these replicas; then the publish is answered 503, though the message may be stored."
        ),
        ConfigurationKey(
            "valkey_sync_timeout",
            "valkey.sync_timeout",
            \.valkey.syncTimeout,
            .duration(.milliseconds(10) ... .seconds(60)),
            "Seconds to wait for the server's disk, where durability is synced; then 503, though the message may be stored."
        ),
    ]
}
