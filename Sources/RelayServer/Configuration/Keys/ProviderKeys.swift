import RelayCore

extension RelayConfiguration.SignIn {
    /// One identity provider.
    public struct Provider: Hashable, Sendable {
        @Setting("display_name", ValueFormat.text(length: 1...64).optional, "What people see. Not set: the name.")
        public var displayName: String? = nil

        @Setting("client_id", ValueFormat.text(length: 1...512).optional, "The relay's name at the provider. Needed.")
        public var clientID: String? = nil

        @Setting(
            "client_secret",
            ValueFormat.secret(minimumLength: 1).optional,
            "The relay's password at the provider. Not set: it has none, and shows by PKCE alone who it is."
        )
        public var clientSecret: Secret? = nil

        @Setting(
            "token_endpoint_auth_method",
            ValueFormat<ClientAuthentication>.choice.optional,
            "How the secret is shown: in a header, or in the form. Not set: as the provider says, else in a header."
        )
        public var clientAuthentication: ClientAuthentication? = nil

        @Setting("scopes", .words(expected: "scopes"), "What the provider is asked for. openid has to be among it.")
        public var scopes = ["openid", "email", "profile"]

        @Setting(
            "discovery_url",
            ValueFormat.outgoingURL.optional,
            "The provider's openid-configuration. Not set: issuer, or the four endpoints, have to be."
        )
        public var discoveryURL: OutgoingURL? = nil

        @Setting(
            "issuer",
            ValueFormat.text(length: 1...2_048).optional,
            "What the provider calls itself. Beside discovery_url: what the document must say. Alone: discovery begins there."
        )
        public var issuer: String? = nil

        @Setting("authorization_endpoint", ValueFormat.outgoingURL.optional, "Where browsers are sent.")
        public var authorizationEndpoint: OutgoingURL? = nil

        @Setting("token_endpoint", ValueFormat.outgoingURL.optional, "Where codes are changed for tokens.")
        public var tokenEndpoint: OutgoingURL? = nil

        @Setting("jwks_uri", ValueFormat.outgoingURL.optional, "Where the provider's keys are.")
        public var keysURL: OutgoingURL? = nil

        @Setting(
            "userinfo_endpoint",
            ValueFormat.outgoingURL.optional,
            "Asked for what the ID token does not say. Not set: as discovered, where it is."
        )
        public var userInfoEndpoint: OutgoingURL? = nil

        @Setting(
            "claim_username",
            .text(length: 1...256),
            "The claim that names a new user. email counts only where email_verified is true."
        )
        public var usernameClaim = "email"

        @Setting("claim_email", .text(length: 1...256), "The claim that is a new user's e-mail address.")
        public var emailClaim = "email"

        @Setting("claim_sub", .text(length: 1...256), "The claim that says who somebody is, for ever.")
        public var subjectClaim = "sub"

        @Setting(
            "groups_claim",
            ValueFormat.text(length: 1...256).optional,
            "The claim that lists a user's groups, like groups or realm_access.roles. Not set: groups decide nothing."
        )
        public var groupsClaim: String? = nil

        @Setting(
            "group_permissions",
            .groupPermissions,
            "What groups may do, beside oidc_default_permissions. Applied at every sign-in where groups_claim is set."
        )
        public var groupPermissions: [GroupPermissions] = []

        @Setting(
            "allow_private_addresses",
            .boolean,
            "Let the provider be in a private network, or on this machine, and let it speak http."
        )
        public var allowsPrivateAddresses = false

        public init() {}
    }

    static let providerKeys = KeyFamily(
        "oidc.providers",
        at: \.signIn.providers,
        Provider(),
        \.$displayName,
        \.$clientID,
        \.$clientSecret,
        \.$clientAuthentication,
        \.$scopes,
        \.$discoveryURL,
        \.$issuer,
        \.$authorizationEndpoint,
        \.$tokenEndpoint,
        \.$keysURL,
        \.$userInfoEndpoint,
        \.$usernameClaim,
        \.$emailClaim,
        \.$subjectClaim,
        \.$groupsClaim,
        \.$groupPermissions,
        \.$allowsPrivateAddresses
    )
}
