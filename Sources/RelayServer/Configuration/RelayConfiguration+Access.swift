extension RelayConfiguration {
    /// Users, tokens, and what topic names mean.
    public struct Access: Hashable, Sendable {
        /// Signs access tokens; at least 32 characters. nil, the default: see ``StartupGuard/SecretPlan``.
        public var jwtSecret: Secret?
        /// The administrator made, or given its password again, at start-up if a password is set. Default `admin`.
        public var bootstrapAdminUsername = "admin"
        /// At least 8 characters. nil, the default: users are left alone, and where there is none at all an administrator
        /// with a random password is made.
        public var bootstrapAdminPassword: Secret?
        /// nil, the default: `<username>@example.com`.
        public var bootstrapAdminEmail: String?
        /// Lets the relay start with a configured secret shorter than 32 characters. Default false.
        public var allowInsecureDefaults = false
        /// More than 300 s, since clients renew when less than that is left; default 60 minutes.
        public var accessTokenLifetime = Duration.seconds(3_600)
        /// Whether an access token that expires ends the WebSockets, event streams and polls that it opened. Default true.
        public var endsExpiredConnections = true
        /// Renewed with each rotation. Default 90 days.
        public var refreshTokenLifetime = Duration.seconds(90 * 86_400)
        /// Within this time of its rotation a refresh token may come again while its successor is unused. Default zero: never.
        public var refreshReuseGrace = Duration.zero
        /// Default `global`.
        public var topicScope = TopicScope.global
        /// Default 19 MiB and two passes, about 30 ms of one core.
        public var passwordCost = PasswordCost()

        public init() {}
    }

    /// What a topic name means.
    public enum TopicScope: String, Hashable, Sendable, CaseIterable {
        /// A name means one topic to everyone; topics are shared by grants.
        case global
        /// Every user has names of its own; nothing is shared.
        case owner
    }

    /// What one password check costs (argon2id). Hashes already stored keep the cost that they were made with.
    public struct PasswordCost: Hashable, Sendable {
        /// Memory in KiB while one check runs, default 19,456 (19 MiB).
        public var memoryKiB = 19_456
        /// Passes over that memory, default 2.
        public var iterations = 2
        /// Lanes, default 1. `memoryKiB` is at least eight times this.
        public var parallelism = 1

        public init() {}
    }
}
