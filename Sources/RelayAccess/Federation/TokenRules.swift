public import RelayWire

/// What a token of another issuer has to say to be taken, once its signature is good.
public struct TokenRules: Sendable {
    /// Why one is not taken: for logs.
    public enum Fault: String, Error, Hashable, Sendable {
        case issuer
        case audience
        case authorizedParty = "azp"
        case expired
        case notYetValid = "not yet valid"
        case issuedAt = "iat"
        case nonce
        case subject
        case type
    }

    /// By how much clocks may differ.
    public static let leewaySeconds = 60.0
    /// OpenID Connect Core, 2, has it so.
    public static let longestSubject = 255

    /// What is in `iss`, byte for byte.
    public let issuer: String
    /// What has to be in `aud`.
    public let audience: String
    /// Values of `typ` that are taken beside `jwt` and none.
    private let types: Set<String>
    /// Whether it is about who has just signed in: then others for whom it is are named by `azp`, and it must say when it was made.
    private let isIdentity: Bool

    private init(issuer: String, audience: String, types: Set<String>, isIdentity: Bool) {
        self.issuer = issuer
        self.audience = audience
        self.types = types
        self.isIdentity = isIdentity
    }

    /// Of ID tokens (OpenID Connect Core, 3.1.3.7).
    ///
    /// - Parameter client: the relay's name at the provider.
    public static func identity(issuer: String, client: String) -> TokenRules {
        TokenRules(issuer: issuer, audience: client, types: [], isIdentity: true)
    }

    /// Of access tokens (RFC 9068 and what came before it).
    public static func access(issuer: String, audience: String) -> TokenRules {
        TokenRules(issuer: issuer, audience: audience, types: ["at+jwt"], isIdentity: false)
    }

    /// - Parameters:
    ///   - token: one whose signature is good.
    ///   - nonce: what it must hold; nil for a token that no sign-in asked for.
    ///   - subjectClaim: where the subject is: `sub`, unless the issuer has another name for it.
    public func check(
        _ token: CompactToken,
        nonce: String? = nil,
        subjectClaim: String = "sub",
        at now: Timestamp
    ) throws(Fault) -> FederatedIdentity {
        let claims = token.claims
        guard token.type.map({ $0 == "jwt" || self.types.contains($0) }) ?? true else { throw .type }
        guard let issuer = claims.text("iss"), Self.areSame(issuer, self.issuer) else { throw .issuer }
        try self.checkAudience(claims)
        try self.checkTimes(claims, at: Double(now.microseconds) / 1_000_000)
        if let nonce {
            guard let given = claims.text("nonce"), Self.areSame(given, nonce) else { throw .nonce }
        }
        guard let subject = claims.text(subjectClaim), subject.utf8.count <= Self.longestSubject else { throw .subject }
        return FederatedIdentity(issuer: issuer, subject: subject)
    }

    private func checkAudience(_ claims: TokenClaims) throws(Fault) {
        let audiences = claims.texts("aud")
        guard audiences.contains(where: { Self.areSame($0, self.audience) }) else { throw .audience }
        guard self.isIdentity else { return }
        guard let party = claims.text("azp") else {
            if audiences.count > 1 { throw .authorizedParty }
            return
        }
        guard Self.areSame(party, self.audience) else { throw .authorizedParty }
    }

    private func checkTimes(_ claims: TokenClaims, at now: Double) throws(Fault) {
        guard let expiry = claims.seconds("exp"), now < expiry + Self.leewaySeconds else { throw .expired }
        if claims.has("nbf") {
            guard let start = claims.seconds("nbf"), start <= now + Self.leewaySeconds else { throw .notYetValid }
        }
        if claims.has("iat") || self.isIdentity {
            guard let issued = claims.seconds("iat"), issued <= now + Self.leewaySeconds else { throw .issuedAt }
        }
    }

    /// Swift takes texts of other bytes for the same where they look the same.
    private static func areSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
}

extension CompactToken {
    /// When it ends, without leeway; nil where it does not say.
    public var expiresAt: Timestamp? {
        self.claims.seconds("exp").map { Timestamp(microseconds: Int64($0 * 1_000_000)) }
    }
}
