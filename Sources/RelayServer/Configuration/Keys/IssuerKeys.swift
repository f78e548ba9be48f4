public import RelayCore

extension RelayConfiguration.SignIn {
    /// Somebody else whose tokens are taken for bearer tokens.
    public struct Issuer: Hashable, Sendable {
        @Setting("issuer", ValueFormat.text(length: 1...2_048).optional, "What its tokens have in iss. Needed.")
        public var issuer: String? = nil

        @Setting("audience", ValueFormat.text(length: 1...2_048).optional, "What its tokens have in aud. Needed.")
        public var audience: String? = nil

        @Setting(
            "jwks_uri",
            ValueFormat.outgoingURL.optional,
            "Where its keys are. Not set: as its openid-configuration says, which is below issuer."
        )
        public var keysURL: OutgoingURL? = nil

        @Setting("claim_username", .text(length: 1...256), "The claim that names a new user, as of oidc.providers.")
        public var usernameClaim = "email"

        @Setting("claim_sub", .text(length: 1...256), "The claim that says who somebody is, for ever.")
        public var subjectClaim = "sub"

        @Setting(
            "claim_permissions",
            ValueFormat.text(length: 1...256).optional,
            "The claim that says what the token's holder may do, like scope or groups. Not set: it decides nothing."
        )
        public var permissionsClaim: String? = nil

        @Setting(
            "permission_values",
            .groupPermissions,
            "What values of claim_permissions stand for. Others stand for nothing."
        )
        public var permissionValues = ["read=read", "write=write"].compactMap { GroupPermissions($0) }

        @Setting("default_permissions", .permissions, "What every good token lets its holder do.")
        public var defaultPermissions: Permissions = []

        @Setting(
            "allow_private_addresses",
            .boolean,
            "Let the issuer be in a private network, or on this machine, and let it speak http."
        )
        public var allowsPrivateAddresses = false

        public init() {}
    }

    static let issuerKeys = KeyFamily(
        "token_issuers",
        at: \.signIn.issuers,
        Issuer(),
        \.$issuer,
        \.$audience,
        \.$keysURL,
        \.$usernameClaim,
        \.$subjectClaim,
        \.$permissionsClaim,
        \.$permissionValues,
        \.$defaultPermissions,
        \.$allowsPrivateAddresses
    )
}
