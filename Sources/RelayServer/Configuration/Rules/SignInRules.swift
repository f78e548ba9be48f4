/// What must hold between the keys of identity providers and of token issuers.
enum SignInRules {
    static func check(_ signIn: RelayConfiguration.SignIn) -> [ConfigurationProblem] {
        var problems = signIn.providers.sorted { $0.key < $1.key }.flatMap { name, provider in
            Self.check(provider, "oidc.providers.\(name)")
        }
        problems += signIn.issuers.sorted { $0.key < $1.key }.flatMap { name, issuer in
            Self.check(issuer, "token_issuers.\(name)")
        }
        if signIn.usesProviders, signIn.providers.isEmpty {
            problems.append(
                ConfigurationProblem(.warning, key: "oidc_enabled", "has no effect: there are no oidc.providers")
            )
        }
        if !signIn.usesProviders, !signIn.providers.isEmpty {
            problems.append(
                ConfigurationProblem(.warning, key: "oidc.providers", "have no effect without oidc_enabled: true")
            )
        }
        return problems
    }

    private static func check(
        _ provider: RelayConfiguration.SignIn.Provider,
        _ place: String
    ) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        func refuse(_ key: String, _ message: String) {
            problems.append(ConfigurationProblem(key: "\(place).\(key)", message))
        }
        if provider.clientID == nil { refuse("client_id", "must be set") }
        if !provider.scopes.contains("openid") { refuse("scopes", "must have openid among it") }
        let endpoints = [provider.authorizationEndpoint, provider.tokenEndpoint, provider.keysURL]
        let isWhole = provider.issuer != nil && endpoints.allSatisfy { $0 != nil }
        let isFound = provider.discoveryURL != nil || provider.issuer.map { OutgoingURL($0) != nil } ?? false
        if !isWhole, !isFound {
            refuse("discovery_url", "must be set, or an issuer that is a URL, or issuer and all its endpoints")
        }
        if let plain = provider.namedURLs.first(where: { !Self.isSafe($0, provider.allowsPrivateAddresses) }) {
            refuse("allow_private_addresses", "must be true for \(plain): secrets are sent by https alone")
        }
        if provider.clientSecret == nil, provider.clientAuthentication != nil {
            refuse("token_endpoint_auth_method", "has no effect without client_secret")
        }
        if provider.groupsClaim == nil, !provider.groupPermissions.isEmpty {
            refuse("group_permissions", "has no effect without groups_claim")
        }
        return problems
    }

    private static func check(_ issuer: RelayConfiguration.SignIn.Issuer, _ place: String) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        func refuse(_ key: String, _ message: String) {
            problems.append(ConfigurationProblem(key: "\(place).\(key)", message))
        }
        if issuer.issuer == nil { refuse("issuer", "must be set") }
        if issuer.audience == nil { refuse("audience", "must be set: tokens for others would be taken") }
        let home = issuer.issuer.flatMap { OutgoingURL($0) }
        if issuer.issuer != nil, home == nil, issuer.keysURL == nil {
            refuse("jwks_uri", "must be set where issuer is no URL")
        }
        if let url = issuer.keysURL ?? home, !Self.isSafe(url, issuer.allowsPrivateAddresses) {
            refuse("allow_private_addresses", "must be true for \(url): keys are believed by https alone")
        }
        if issuer.permissionsClaim == nil, issuer.defaultPermissions.isEmpty {
            problems.append(
                ConfigurationProblem(
                    .warning,
                    key: place,
                    "its tokens let nobody do anything: set claim_permissions or default_permissions"
                )
            )
        }
        return problems
    }

    private static func isSafe(_ url: OutgoingURL, _ allowsPrivateAddresses: Bool) -> Bool {
        url.isSecure || allowsPrivateAddresses || PublicURL.isLocal(url.host)
    }
}
