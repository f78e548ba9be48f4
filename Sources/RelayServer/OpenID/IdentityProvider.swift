import Foundation
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// One identity provider, as the relay's users sign in at it (OpenID Connect Core, 3.1: the code flow, with PKCE).
final class IdentityProvider: Sendable {
    typealias Settings = RelayConfiguration.SignIn.Provider

    let name: String
    let displayName: String
    private let settings: Settings
    private let defaultPermissions: Permissions
    private let documents: IssuerDocuments
    private let endpoints: IssuerCache<ProviderEndpoints>
    private let keys: IssuerCache<VerificationKeys>

    /// - Parameter name: as the configuration has it.
    init(
        _ name: String,
        _ settings: Settings,
        defaultPermissions: Permissions,
        http: OutgoingHTTP,
        uptime: @escaping @Sendable () -> NIODeadline
    ) {
        let documents = IssuerDocuments(
            http,
            named: settings.namedURLs,
            allowsPrivateAddresses: settings.allowsPrivateAddresses
        )
        let endpoints = IssuerCache<ProviderEndpoints>(uptime: uptime) { () async throws(IssuerTrouble) in
            try await settings.endpoints(documents)
        }
        self.name = name
        self.displayName = settings.displayName ?? name
        self.settings = settings
        self.defaultPermissions = defaultPermissions
        self.documents = documents
        self.endpoints = endpoints
        self.keys = IssuerCache(uptime: uptime) { () async throws(IssuerTrouble) in
            try await documents.keys(try await endpoints.current().keys)
        }
    }

    /// Where the relay is sent back to.
    func callback(_ origin: String) -> String { "\(origin)/auth/oidc/\(self.name)/callback" }

    /// Where a browser goes to sign in.
    func authorization(_ step: SignInStep, origin: String) async throws(IssuerTrouble) -> String {
        guard let url = try await self.endpoints.current().authorization else {
            throw .refused("\(self.name) has no authorization_endpoint that may be used")
        }
        let query = FormText.encoded([
            ("response_type", "code"), ("client_id", self.clientID), ("redirect_uri", self.callback(origin)),
            ("scope", self.settings.scopes.joined(separator: " ")), ("state", step.ticket),
            ("nonce", step.secret.nonce), ("code_challenge", step.secret.challenge), ("code_challenge_method", "S256"),
        ])
        return "\(url)\(url.target.contains("?") ? "&" : "?")\(query)"
    }

    private var clientID: String { self.settings.clientID ?? "" }

    /// Who has signed in.
    ///
    /// Throws where that can't be found out, or nobody is believed.
    ///
    /// - Parameters:
    ///   - code: what the provider has sent the browser back with.
    ///   - issuer: what it has called itself then; nil where it has said nothing.
    ///   - secret: of the browser's sign-in.
    ///   - origin: where the relay was found when it began.
    func person(
        code: String,
        issuer: String?,
        _ secret: SignInSecret,
        origin: String,
        at now: Timestamp
    ) async throws(IssuerTrouble) -> FederatedPerson {
        let endpoints = try await self.endpoints.current()
        // Another provider's code is not shown to this one.
        if endpoints.namesItself || issuer != nil {
            let isItself = issuer.map { $0.utf8.elementsEqual(endpoints.issuer.utf8) } ?? false
            guard isItself else { throw .refused("the answer is of another issuer") }
        }
        let answer = try await self.exchange(code, secret, origin, endpoints)
        return try await self.person(answer, secret, endpoints, at: now)
    }

    private func exchange(
        _ code: String,
        _ secret: SignInSecret,
        _ origin: String,
        _ endpoints: ProviderEndpoints
    ) async throws(IssuerTrouble) -> TokenClaims {
        guard let url = endpoints.token else { throw .refused("\(self.name) has no token_endpoint that may be used") }
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", self.callback(origin)),
            ("client_id", self.clientID), ("code_verifier", secret.verifier),
        ]
        var headers = HTTPHeaders()
        if let password = self.settings.clientSecret {
            let way = self.settings.clientAuthentication ?? endpoints.clientAuthentication
            way.show(password, of: self.clientID, in: &form, &headers)
        }
        let (status, document) = try await self.documents.post(url, form: FormText.encoded(form), headers: headers)
        guard status == 200, let answer = TokenClaims(document.data) else {
            let error = TokenClaims(document.data)?.text("error")?.prefix(80).debugDescription ?? "no reason given"
            throw .unreachable("\(url) answers \(status): \(error)")
        }
        return answer
    }

    private func person(
        _ answer: TokenClaims,
        _ secret: SignInSecret,
        _ endpoints: ProviderEndpoints,
        at now: Timestamp
    ) async throws(IssuerTrouble) -> FederatedPerson {
        guard let text = answer.text("id_token"), let token = CompactToken(text) else {
            throw .refused("there is no ID token")
        }
        let rules = TokenRules.identity(issuer: endpoints.issuer, client: self.clientID)
        let identity: FederatedIdentity
        do throws(TokenRules.Fault) {
            identity = try rules.check(token, nonce: secret.nonce, subjectClaim: self.settings.subjectClaim, at: now)
        } catch {
            throw .refused("the ID token is not for this sign-in: \(error.rawValue)")
        }
        let outcome = try await self.keys.check(token)
        guard outcome == .good else { throw .refused("the ID token's signature is not good: \(outcome)") }
        let claims = try await self.completed(token.claims, answer.text("access_token"), endpoints)
        return self.settings.person(identity, claims, defaultPermissions: self.defaultPermissions)
    }

    /// With what the provider tells of its user only when it is asked.
    private func completed(
        _ claims: TokenClaims,
        _ accessToken: String?,
        _ endpoints: ProviderEndpoints
    ) async throws(IssuerTrouble) -> TokenClaims {
        let wanted = [self.settings.usernameClaim, self.settings.emailClaim, self.settings.groupsClaim].compactMap(
            \.self
        )
        guard !wanted.allSatisfy(claims.has), let url = endpoints.userInfo, let accessToken else { return claims }
        let document: IssuerDocuments.Document
        do throws(IssuerTrouble) {
            document = try await self.documents.get(url, bearer: accessToken)
        } catch {
            // Names there are others of. What somebody may do must not depend on chance.
            guard let groups = self.settings.groupsClaim, !claims.has(groups) else { return claims }
            throw error
        }
        guard let info = TokenClaims(document.data), let subject = claims.text("sub"), info.text("sub") == subject
        else {
            throw .refused("\(url) is about somebody else")
        }
        return claims.completed(by: info)
    }
}
