import RelayAccess
import RelayCore

extension RelayConfiguration.SignIn.Provider {
    /// The addresses that the operator has given.
    var namedURLs: [OutgoingURL] {
        [
            self.discoveryURL, self.issuer.flatMap { OutgoingURL($0) }, self.authorizationEndpoint, self.tokenEndpoint,
            self.keysURL, self.userInfoEndpoint,
        ].compactMap(\.self)
    }

    /// Where the provider does what: as configured, else as its document says. What is configured goes first.
    func endpoints(
        _ documents: IssuerDocuments
    ) async throws(IssuerTrouble) -> (value: ProviderEndpoints, maxAge: Int64?) {
        if let issuer = self.issuer, let keys = self.keysURL, self.authorizationEndpoint != nil,
            self.tokenEndpoint != nil
        {
            let given = ProviderEndpoints(
                issuer: issuer,
                authorization: self.authorizationEndpoint,
                token: self.tokenEndpoint,
                keys: keys,
                userInfo: self.userInfoEndpoint
            )
            return (given, KeyFreshness.seconds.upperBound)
        }
        let home = self.issuer.flatMap { OutgoingURL(ProviderEndpoints.discovery(of: $0)) }
        guard let url = self.discoveryURL ?? home else { throw .refused("neither discovery_url nor issuer is set") }
        var found = try await documents.discover(url, expected: self.issuer)
        found.authorization = self.authorizationEndpoint ?? found.authorization
        found.token = self.tokenEndpoint ?? found.token
        found.keys = self.keysURL ?? found.keys
        found.userInfo = self.userInfoEndpoint ?? found.userInfo
        return (found, IssuerDocuments.discoverySeconds)
    }

    /// Whom the provider's claims are about, and what they may do.
    func person(
        _ identity: FederatedIdentity,
        _ claims: TokenClaims,
        defaultPermissions: Permissions
    ) -> FederatedPerson {
        let groups = self.groupsClaim.map(claims.texts) ?? []
        return FederatedPerson(
            identity: identity,
            names: claims.names(self.usernameClaim, subject: identity.subject),
            email: claims.text(self.emailClaim),
            permissions: defaultPermissions.union(self.groupPermissions.permissions(of: groups)),
            decidesPermissions: self.groupsClaim != nil
        )
    }
}

extension TokenClaims {
    /// What may become the user's name, best first. An address that nobody has verified names nobody: whoever gives access by names would give
    /// it to whoever has typed that address in.
    func names(_ claim: String, subject: String) -> [String?] {
        let address = self.isTrue("email_verified") ? self.text("email") : nil
        return [claim == "email" ? address : self.text(claim), self.text("preferred_username"), address, subject]
    }
}

extension IssuerDocuments {
    /// How long a discovery document serves.
    static let discoverySeconds: Int64 = 3_600

    func discover(_ url: OutgoingURL, expected: String?) async throws(IssuerTrouble) -> ProviderEndpoints {
        let document = try await self.get(url)
        return try ProviderEndpoints(document.data, from: url, expected: expected) { self.permitted($0) }
    }

    func keys(_ url: OutgoingURL) async throws(IssuerTrouble) -> (value: VerificationKeys, maxAge: Int64?) {
        let document = try await self.get(url)
        guard let keys = await VerificationKeys(document.data) else { throw .refused("\(url) is no set of keys") }
        return (keys, document.maxAge)
    }
}
