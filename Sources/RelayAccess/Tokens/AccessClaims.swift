import JWTKit
import RelayCore
import RelayWire

/// What an access token says. The relay believes who (`sub`), until when (`exp`, `nbf`), by which password (`gen`) and which token
/// (`jti`), and what a service token is limited to. It believes nothing else: what the user may do comes from the stored user.
struct AccessClaims: Hashable, Sendable {
    var sub: String
    var username: String?
    var permissions: [String]?
    /// Seconds since the Unix epoch, as are `iat` and `nbf`.
    var exp: Int64
    var iat: Int64?
    var nbf: Int64?
    /// 32 hex digits. Tokens of old relays have none, and can't be revoked.
    var jti: String?
    /// By which of the user's passwords it was obtained: ``User/passwordGeneration``. Left out for the first.
    var gen: Int64?
    /// Of a service token. Its `sub` begins with ``limitedSubject``.
    var limits: ScopeClaims?

    /// Before the user's id in the `sub` of a token with limits. A relay that knows no limits, and shares the secret, finds no such user: it
    /// refuses the token, and does not take it for one without.
    static let limitedSubject = "limited:"

    var generation: Int64 { self.gen ?? 0 }
    var user: UserID {
        UserID(self.limits == nil ? self.sub : String(self.sub.dropFirst(Self.limitedSubject.count)))
    }
    var expiresAt: Timestamp { Self.timestamp(self.exp) }

    /// Whether it is good then, and whole: limits that can't be read are no limits.
    func isValid(at now: Timestamp) -> Bool {
        if let limits = self.limits {
            guard limits.scope != nil, self.jti != nil, self.sub.hasPrefix(Self.limitedSubject) else { return false }
        }
        guard let nbf = self.nbf else { return now < self.expiresAt }
        return now < self.expiresAt && Self.timestamp(nbf) <= now
    }

    private static func timestamp(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: 0).adding(seconds: seconds)
    }
}

extension AccessClaims: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) async throws {
        guard algorithm.name == AccessTokens.algorithm else { throw JWTError.signatureVerificationFailed }
    }
}
