import RelayAccess
public import RelayCore

extension RelayConfiguration {
    /// Signing in other than by a password to the relay's own route.
    public struct SignIn: Hashable, Sendable {
        @Setting(
            "oidc_base_url",
            ValueFormat.publicURL.optional,
            "Where browsers reach the relay: https, or http on localhost. Not set: by the name that a request has.",
            reloads: true
        )
        public var publicURL: PublicURL? = nil

        @Setting(
            "device_password_approval",
            .boolean,
            "Let people approve devices at /auth/device by their passwords. false: no device can be let in.",
            reloads: true
        )
        public var letsPasswordsApprove = true

        @Setting(
            "device_code_ttl_seconds",
            .seconds(.seconds(60) ... .seconds(3_600)),
            "Seconds that a device waits to be let in.",
            reloads: true
        )
        public var deviceCodeLifetime = Duration.seconds(DeviceFlowSettings().lifeSeconds)

        @Setting(
            "device_code_poll_interval",
            .seconds(.seconds(1) ... .seconds(60)),
            "Seconds between two questions of a device whether it is let in.",
            reloads: true
        )
        public var devicePollInterval = Duration.seconds(DeviceFlowSettings().intervalSeconds)

        @Setting(
            "device_max_waiting",
            .integer(1...10_000_000),
            "Devices that wait to be let in at a time, on all relays of a store.",
            reloads: true
        )
        public var maxWaitingDevices = DeviceFlowSettings().maxWaiting

        @Setting(
            "oidc_enabled",
            .boolean,
            "Let people sign in at the identity providers of oidc.providers (OpenID Connect).",
            reloads: true
        )
        public var usesProviders = false

        @Setting(
            "oidc_default_permissions",
            .permissions,
            "What users get who sign in at a provider. Groups may add to it: see group_permissions.",
            reloads: true
        )
        public var defaultPermissions: Permissions = [.read, .write]

        @Setting(
            "oidc_state_ttl_seconds",
            .seconds(.seconds(60) ... .seconds(3_600)),
            "Seconds that somebody may take to sign in at a provider.",
            reloads: true
        )
        public var stateLifetime = Duration.seconds(SignInSettings().lifeSeconds)

        @Setting(
            "oidc_max_waiting",
            .integer(1...10_000_000),
            "People who are signing in at providers at a time, on all relays of a store.",
            reloads: true
        )
        public var maxWaitingSignIns = SignInSettings().maxWaiting

        @Setting(
            "oidc_ca_path",
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file of authorities for providers and token issuers. Not set: the machine's."
        )
        public var authorityPath: String? = nil

        /// The identity providers, by their names.
        public var providers: [String: Provider] = [:]

        /// Those whose tokens are taken for bearer tokens, by their names.
        public var issuers: [String: Issuer] = [:]

        static let keys =
            ConfigurationKey.keys(
                "oidc",
                prefixes: ["oidc_"],
                at: \.signIn,
                \.$publicURL,
                \.$usesProviders,
                \.$defaultPermissions,
                \.$stateLifetime,
                \.$maxWaitingSignIns,
                \.$authorityPath
            )
            + ConfigurationKey.keys(
                "device",
                prefixes: ["device_"],
                at: \.signIn,
                \.$letsPasswordsApprove,
                \.$deviceCodeLifetime,
                \.$devicePollInterval,
                \.$maxWaitingDevices
            )

        public init() {}
    }
}
