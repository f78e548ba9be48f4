extension ConfigurationKey {
    static let storage: [ConfigurationKey] = [
        ConfigurationKey(
            "storage_backend",
            "storage.backend",
            \.storage.backend,
            .choice,
            "sqlite keeps everything in data_dir, memory nothing beyond the process, valkey all on a server that relays share."
        ),
        ConfigurationKey(
            "storage_durability",
            "storage.durability",
            \.storage.durability,
            .choice,
            "When a publish is answered: at once, or when valkey, its replicas or its disk have it. On sqlite stored is synced."
        ),
        ConfigurationKey(
            "data_dir",
            "storage.data_dir",
            \.storage.dataDirectory,
            .text(length: 1...4_096),
            "Directory of everything that the relay writes."
        ),
        ConfigurationKey(
            "memory_store_max_bytes",
            "storage.memory_store_max_bytes",
            \.storage.memoryStoreMaxBytes,
            .bytes((1 << 20)...(1 << 50)),
            "What the memory store may hold, in bytes, 256 a message beside its content; beyond it the oldest go."
        ),
        ConfigurationKey(
            "persistent_tier_retention",
            "storage.persistent_tier_retention",
            \.storage.persistentTierRetention,
            .duration(.zero ... .seconds(36_500 * 86_400)).refusing(Self.fraction),
            "Seconds for which messages are kept; the newest of a topic always stays. 0: for ever."
        ),
        ConfigurationKey(
            "max_messages_per_topic",
            "storage.max_messages_per_topic",
            \.storage.maxMessagesPerTopic,
            .integer(1...1_000_000_000),
            "Messages kept of each topic; the oldest go first."
        ),
        ConfigurationKey(
            "idempotency_window_seconds",
            "storage.idempotency_window_seconds",
            \.storage.idempotencyWindow,
            .duration(.seconds(1) ... .seconds(86_400)).refusing(Self.fraction),
            "Seconds for which a publish repeated with the same Idempotency-Key gets the first answer."
        ),
    ]

    static let hotTier: [ConfigurationKey] = [
        ConfigurationKey(
            "hot_tier_max_messages_per_topic",
            "hot_tier.max_messages_per_topic",
            \.hotTier.maxMessagesPerTopic,
            .integer(0...10_000_000),
            "Newest messages of each topic in use that are held in memory; the rest is read from the store."
        ),
        ConfigurationKey(
            "hot_tier_max_bytes_per_topic",
            "hot_tier.max_bytes_per_topic",
            \.hotTier.maxBytesPerTopic,
            .bytes(0...(1 << 40)),
            "Bytes of each topic that are held in memory, 256 a message beside its content."
        ),
        ConfigurationKey(
            "hot_tier_max_bytes",
            "hot_tier.max_bytes",
            \.hotTier.maxBytes,
            .bytes(0...(1 << 50)),
            "Bytes of all topics together that are held in memory."
        ),
    ]

    static let memory: [ConfigurationKey] = [
        ConfigurationKey(
            "max_memory_bytes",
            "memory.max_bytes",
            \.memory.maxBytes,
            .bytes(0...(1 << 50)),
            "Bytes held for clients, hot tier included. 0: half of what the machine or container has."
        ),
        ConfigurationKey(
            "max_stranger_bytes",
            "memory.max_stranger_bytes",
            \.memory.maxStrangerBytes,
            .bytes(0...(1 << 50)),
            "Of these, sent by connections without a valid token. 0: an eighth, at most 64 MiB."
        ),
        ConfigurationKey(
            "max_request_bytes",
            "memory.max_request_bytes",
            \.memory.maxRequestBytes,
            .bytes(0...(1 << 50)),
            "Of these, bodies of requests that are received or worked on. 0: a quarter."
        ),
        ConfigurationKey(
            "max_answer_bytes",
            "memory.max_answer_bytes",
            \.memory.maxAnswerBytes,
            .bytes(0...(1 << 50)),
            "Of these, answers that their clients have not taken yet. 0: a quarter."
        ),
        ConfigurationKey(
            "max_waiting_bytes",
            "memory.max_waiting_bytes",
            \.memory.maxWaitingBytes,
            .bytes(0...(1 << 50)),
            "Of these, publishes that wait for the store. 0: a quarter."
        ),
        ConfigurationKey(
            "max_reader_bytes",
            "memory.max_reader_bytes",
            \.memory.maxReaderBytes,
            .bytes(0...(1 << 50)),
            "Of these, what readers hold beside the stream. 0: a quarter."
        ),
    ]

    static let access: [ConfigurationKey] = [
        ConfigurationKey(
            "jwt_secret_key",
            "auth.jwt_secret_key",
            aliases: ["jwt_secret", "auth.jwt_secret"],
            \.access.jwtSecret,
            ValueCodec.secret(minimumLength: 1).optional,
            isSecret: true,
            "Signs access tokens, 32 characters or more. Not set: a random one is made, and kept in data_dir with sqlite."
        ),
        ConfigurationKey(
            "bootstrap_admin_username",
            "auth.bootstrap_admin_username",
            \.access.bootstrapAdminUsername,
            .text(length: 3...50),
            "Administrator made at start-up if bootstrap_admin_password is set, or if there are no users."
        ),
        ConfigurationKey(
            "bootstrap_admin_password",
            "auth.bootstrap_admin_password",
            \.access.bootstrapAdminPassword,
            ValueCodec.secret(minimumLength: 8).optional,
            isSecret: true,
            "Its password, 8 characters or more, set again at every start. Not set: a random one at the first start, shown once."
        ),
        ConfigurationKey(
            "bootstrap_admin_email",
            "auth.bootstrap_admin_email",
            \.access.bootstrapAdminEmail,
            ValueCodec.text(length: 1...320).optional,
            "Its address. Not set: <username>@example.com."
        ),
        ConfigurationKey(
            "allow_insecure_defaults",
            "auth.allow_insecure_defaults",
            \.access.allowInsecureDefaults,
            .boolean,
            "Allow a jwt_secret_key under 32 characters, never the published placeholder, and a remote Valkey without password."
        ),
        ConfigurationKey(
            "access_token_expire_minutes",
            "auth.access_token_expire_minutes",
            \.access.accessTokenLifetime,
            .duration(.zero ... .seconds(7_200), unit: .minute).refusing(Self.tooShortForClients)
                .expecting("a time of more than 5m and at most 2h"),
            "Life of an access token in minutes, more than 5."
        ),
        ConfigurationKey(
            "end_expired_connections",
            "auth.end_expired_connections",
            \.access.endsExpiredConnections,
            .boolean,
            "End the WebSockets, event streams and polls of an access token when it expires, unless it was renewed on them."
        ),
        ConfigurationKey(
            "refresh_token_ttl_days",
            "auth.refresh_token_ttl_days",
            \.access.refreshTokenLifetime,
            .duration(.seconds(86_400) ... .seconds(365 * 86_400), unit: .day).refusing(Self.fraction),
            "Life of a refresh token in days, renewed with each use."
        ),
        ConfigurationKey(
            "refresh_reuse_grace_seconds",
            "auth.refresh_reuse_grace_seconds",
            \.access.refreshReuseGrace,
            .duration(.zero ... .seconds(3_600)).refusing(Self.fraction),
            "Seconds in which a used refresh token may come again if its reply was lost. 0: never."
        ),
        ConfigurationKey(
            "topic_scope",
            "auth.topic_scope",
            \.access.topicScope,
            .choice,
            "global: a name is one topic for all, shared by grants. owner: every user has its own names."
        ),
        ConfigurationKey(
            "argon2_memory_kib",
            "auth.argon2_memory_kib",
            \.access.passwordCost.memoryKiB,
            .integer(8...4_194_304),
            "Memory of one password check, in KiB."
        ),
        ConfigurationKey(
            "argon2_iterations",
            "auth.argon2_iterations",
            \.access.passwordCost.iterations,
            .integer(1...100),
            "Passes over that memory."
        ),
        ConfigurationKey(
            "argon2_parallelism",
            "auth.argon2_parallelism",
            \.access.passwordCost.parallelism,
            .integer(1...64),
            "Lanes of one password check."
        ),
    ]

    @Sendable private static func fraction(_ span: Duration) -> String? {
        span.components.attoseconds == 0 ? nil : "it is counted in whole seconds"
    }

    @Sendable private static func tooShortForClients(_ span: Duration) -> String? {
        guard span > .seconds(300) else {
            return "clients renew a token when less than 5 minutes are left, so each request would log in again"
        }
        return self.fraction(span)
    }
}
