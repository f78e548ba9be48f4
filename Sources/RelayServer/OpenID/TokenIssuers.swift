import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Those whose tokens are taken for bearer tokens beside the relay's own.
///
/// A token is read by the settings of the issuer that it names, and only by those. It is asked for here once: a good one becomes a session, which
/// is remembered as those of the relay's own tokens are, and within the same bounds.
final class TokenIssuers: ForeignTokenReader {
    typealias Settings = RelayConfiguration.SignIn.Issuer

    private struct Entry: Sendable {
        let name: String
        let settings: Settings
        let rules: TokenRules
        let keys: IssuerCache<VerificationKeys>
    }

    private let entries: [Entry]
    private let users: FederatedUsers
    private let metrics: SignInMetrics
    private let logger: Logger

    /// - Returns: nil where there is none.
    init?(
        _ settings: [String: Settings],
        users: FederatedUsers,
        http: OutgoingHTTP,
        uptime: @escaping @Sendable () -> NIODeadline,
        metrics: SignInMetrics,
        logger: Logger
    ) {
        self.entries = settings.sorted { $0.key < $1.key }.compactMap { name, settings in
            guard let issuer = settings.issuer, let audience = settings.audience else { return nil }
            return Entry(
                name: name,
                settings: settings,
                rules: .access(issuer: issuer, audience: audience),
                keys: Self.keys(settings, issuer, http, uptime)
            )
        }
        self.users = users
        self.metrics = metrics
        self.logger = logger
        if self.entries.isEmpty { return nil }
    }

    private static func keys(
        _ settings: Settings,
        _ issuer: String,
        _ http: OutgoingHTTP,
        _ uptime: @escaping @Sendable () -> NIODeadline
    ) -> IssuerCache<VerificationKeys> {
        let home = OutgoingURL(ProviderEndpoints.discovery(of: issuer))
        let documents = IssuerDocuments(
            http,
            named: [settings.keysURL, home].compactMap(\.self),
            allowsPrivateAddresses: settings.allowsPrivateAddresses
        )
        let discovered = IssuerCache<ProviderEndpoints>(uptime: uptime) { () async throws(IssuerTrouble) in
            guard let home else { throw .refused("the issuer is no URL, and jwks_uri is not set") }
            return (try await documents.discover(home, expected: issuer), IssuerDocuments.discoverySeconds)
        }
        return IssuerCache(uptime: uptime) { () async throws(IssuerTrouble) in
            if let url = settings.keysURL { return try await documents.keys(url) }
            return try await documents.keys(try await discovered.current().keys)
        }
    }

    func holder(of text: String, at now: Timestamp) async throws(AccessError) -> ForeignTokenHolder? {
        guard let token = CompactToken(text), self.isNamed(by: token) else { return nil }
        do throws(AccessError) {
            let holder = try await self.holder(of: token, at: now)
            self.metrics.count(.issuer, holder == nil ? .refused : .ok)
            return holder
        } catch {
            // Its user may not come in; or it can't be found out.
            if let outcome = SignInOutcome(status: error.status) { self.metrics.count(.issuer, outcome) }
            throw error
        }
    }

    /// Whether a token says that it is of one of these. Others are not looked at any further.
    private func isNamed(by token: CompactToken) -> Bool {
        guard let issuer = token.claims.text("iss") else { return false }
        return self.entries.contains { $0.rules.issuer.utf8.elementsEqual(issuer.utf8) }
    }

    private func holder(of token: CompactToken, at now: Timestamp) async throws(AccessError) -> ForeignTokenHolder? {
        // One that is bound to a key would be good for whoever has stolen it.
        guard let end = token.expiresAt, !token.claims.has("cnf") else { return nil }
        for entry in self.entries {
            guard let identity = try? entry.rules.check(token, subjectClaim: entry.settings.subjectClaim, at: now),
                try await self.isSigned(token, entry)
            else { continue }
            let permissions = entry.settings.permissions(of: token.claims)
            let user = try await self.user(identity, token.claims, entry)
            return ForeignTokenHolder(
                user: user.id,
                permissions: permissions,
                expiresAt: end.adding(seconds: Int64(TokenRules.leewaySeconds))
            )
        }
        return nil
    }

    private func isSigned(_ token: CompactToken, _ entry: Entry) async throws(AccessError) -> Bool {
        do throws(IssuerTrouble) {
            return try await entry.keys.check(token) == .good
        } catch {
            self.logger.warning(
                "the keys of a token issuer can't be had: its tokens are not taken",
                metadata: ["issuer": "\(entry.name)", "error": "\(error)"]
            )
            throw AccessError(.unavailable, cause: "\(entry.name): \(error)")
        }
    }

    private func user(
        _ identity: FederatedIdentity,
        _ claims: TokenClaims,
        _ entry: Entry
    ) async throws(AccessError) -> User {
        let person = FederatedPerson(
            identity: identity,
            names: claims.names(entry.settings.usernameClaim, subject: identity.subject),
            email: claims.text("email"),
            // What a token allows ends with it: nothing of it is the user's own.
            permissions: [],
            decidesPermissions: false
        )
        do throws(AccessError) {
            return try await self.users.user(for: person, of: entry.name).user
        } catch {
            guard error.code == .accountInactive else { throw error }
            throw AccessError(.userInactive)
        }
    }
}

extension RelayConfiguration.SignIn.Issuer {
    /// What a token lets its holder do.
    func permissions(of claims: TokenClaims) -> Permissions {
        let values = self.permissionsClaim.map(claims.texts) ?? []
        return self.defaultPermissions.union(self.permissionValues.permissions(of: values))
    }
}
