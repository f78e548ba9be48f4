import RelayAccess

extension RelayConfiguration {
    /// Users, tokens, and what topic names mean.
    public struct Access: Hashable, Sendable {
        /// nil, the default: see ``StartupGuard/SecretPlan``.
        @Setting(
            "jwt_secret_key",
            aliases: ["jwt_secret", "auth.jwt_secret"],
            ValueFormat.secret(minimumLength: 1).optional,
            "Signs access tokens, 32 characters or more. Not set: a random one is made, and kept in data_dir with sqlite."
        )
        public var jwtSecret: Secret? = nil

        @Setting(
            "bootstrap_admin_username",
            .text(length: 3...50),
            "Administrator made at start-up if bootstrap_admin_password is set, or if there are no users."
        )
        public var bootstrapAdminUsername = "admin"

        @Setting(
            "bootstrap_admin_password",
            ValueFormat.secret(minimumLength: 8).optional,
            "Its password, 8 characters or more, set again at every start. Not set: a random one at the first start, shown once."
        )
        public var bootstrapAdminPassword: Secret? = nil

        @Setting(
            "bootstrap_admin_email",
            ValueFormat.text(length: 1...320).optional,
            "Its address. Not set: <username>@example.com."
        )
        public var bootstrapAdminEmail: String? = nil

        @Setting(
            "allow_insecure_defaults",
            .boolean,
            "Allow a jwt_secret_key under 32 characters, and a remote Valkey without password. Never the published placeholder."
        )
        public var allowInsecureDefaults = AccessSettings(tokenSecret: "").allowsShortSecret

        @Setting(
            "access_token_expire_minutes",
            ValueFormat.seconds(.zero ... .seconds(7_200), unit: .minute).refusing(tooShortForClients)
                .expecting("a time of more than 5m and at most 2h"),
            "Life of an access token in minutes, more than 5.",
            reloads: true
        )
        public var accessTokenLifetime = Duration.seconds(AccessSettings(tokenSecret: "").accessTokenSeconds)

        @Setting(
            "end_expired_connections",
            .boolean,
            "End the WebSockets, event streams and polls of an access token when it expires, unless it was renewed on them."
        )
        public var endsExpiredConnections = true

        @Setting(
            "refresh_token_ttl_days",
            .seconds(.seconds(86_400) ... .seconds(365 * 86_400), unit: .day),
            "Life of a refresh token in days, renewed with each use.",
            reloads: true
        )
        public var refreshTokenLifetime = Duration.seconds(AccessSettings(tokenSecret: "").refreshTokenDays * 86_400)

        @Setting(
            "refresh_reuse_grace_seconds",
            .seconds(.zero ... .seconds(3_600)),
            "Seconds in which a used refresh token may come again if its reply was lost. 0: never.",
            reloads: true
        )
        public var refreshReuseGrace = Duration.seconds(AccessSettings(tokenSecret: "").refreshReuseGraceSeconds)

        @Setting(
            "service_token_seconds",
            .seconds(.seconds(1) ... .seconds(365 * 86_400)),
            "Life of a service token whose request says none, in seconds.",
            reloads: true
        )
        public var serviceTokenLifetime = Duration.seconds(ServiceTokens.Lifetimes().usual)

        @Setting(
            "service_token_max_seconds",
            .seconds(.seconds(1) ... .seconds(365 * 86_400)),
            "Longest life of a service token, in seconds; a request for more is refused.",
            reloads: true
        )
        public var serviceTokenMaxLifetime = Duration.seconds(ServiceTokens.Lifetimes().most)

        @Setting(
            "topic_scope",
            .choice,
            "global: a name is one topic for all, shared by grants. owner: every user has its own names."
        )
        public var topicScope = TopicScope.global

        public var passwordCost = PasswordCost()

        static let keys = ConfigurationKey.keys(
            "auth",
            at: \.access,
            \.$jwtSecret,
            \.$bootstrapAdminUsername,
            \.$bootstrapAdminPassword,
            \.$bootstrapAdminEmail,
            \.$allowInsecureDefaults,
            \.$accessTokenLifetime,
            \.$endsExpiredConnections,
            \.$refreshTokenLifetime,
            \.$refreshReuseGrace,
            \.$serviceTokenLifetime,
            \.$serviceTokenMaxLifetime,
            \.$topicScope,
            \.passwordCost.$memoryKiB,
            \.passwordCost.$iterations,
            \.passwordCost.$parallelism
        )

        @Sendable private static func tooShortForClients(_ span: Duration) -> String? {
            guard span <= .seconds(300) else { return nil }
            return "clients renew a token when less than 5 minutes are left, so each request would log in again"
        }

        public init() {}
    }

    /// What a topic name means.
    public enum TopicScope: String, Hashable, Sendable, CaseIterable {
        /// A name means one topic to everyone; topics are shared by grants.
        case global
        /// Every user has names of its own; nothing is shared.
        case owner
    }

    /// What one password check costs (argon2id). A hash of another cost is made anew at its
    /// user's next log-in.
    public struct PasswordCost: Hashable, Sendable {
        @Setting("argon2_memory_kib", .integer(8...4_194_304), "Memory of one password check, in KiB.")
        public var memoryKiB = Int(PasswordHashParameters.recommended.memoryKiB)

        @Setting("argon2_iterations", .integer(1...100), "Passes over that memory.")
        public var iterations = Int(PasswordHashParameters.recommended.passes)

        /// `memoryKiB` is at least eight times this.
        @Setting("argon2_parallelism", .integer(1...64), "Lanes of one password check.")
        public var parallelism = Int(PasswordHashParameters.recommended.lanes)

        public init() {}
    }
}
