import Crypto
import JWTKit
public import RelayCore
public import RelayWire

/// Issues and verifies access tokens: JWTs signed with HMAC-SHA-256, and no others.
///
/// JWTKit encodes and parses the tokens. The signature is made and checked here: JWTKit does that only behind an actor, and with whatever
/// algorithm the token's own header asks for.
public struct AccessTokens: Sendable {
    /// A token as handed out.
    public struct Issued: Sendable, CustomStringConvertible {
        /// The token itself, for `Authorization: Bearer`.
        public let text: String
        /// What a logout denies it by: 32 hex digits.
        public let jti: String
        /// Seconds from now until ``expiresAt``.
        public let expiresIn: Int64
        /// A whole second: that is what the token says.
        public let expiresAt: Timestamp

        /// Without the token: it is a secret.
        public var description: String { "Issued(jti: \(self.jti))" }
    }

    static let algorithm = "HS256"
    /// Far above any token that this relay or its predecessors issue.
    static let maximumBytes = 4096
    /// `{"alg":"HS256","typ":"JWT"}`
    private static let encodedHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

    /// Seconds that an issued token lives.
    public var lifetimeSeconds: Int64 { self.lifetime.current }
    private let lifetime: Adjustable<Int64>
    private let key: SymmetricKey
    private let serializer = DefaultJWTSerializer()
    private let parser = DefaultJWTParser()

    /// - Parameters:
    ///   - secret: without a ``TokenSecretWeakness``.
    ///   - allowsShortSecret: whether a secret may be `short` nonetheless. Never `placeholder`.
    ///   - lifetimeSeconds: more than 300, since clients renew a token with 300 s left, and would log in for each request.
    public init(
        secret: String,
        allowsShortSecret: Bool = false,
        lifetimeSeconds: Int64 = 3600
    ) throws(AccessTokenSettingsError) {
        switch TokenSecretWeakness(of: secret) {
        case nil: break
        case .short where allowsShortSecret: break
        case .some(let weakness): throw .weakSecret(weakness)
        }
        guard lifetimeSeconds > 300 else { throw .lifetimeTooShort }
        self.key = SymmetricKey(data: Array(secret.utf8))
        self.lifetime = Adjustable(lifetimeSeconds)
    }

    /// Of those that are issued from now on.
    ///
    /// - Parameter seconds: more than 300; else nothing changes.
    func change(lifetimeSeconds seconds: Int64) {
        if seconds > 300 { self.lifetime.change(to: seconds) }
    }

    /// Makes a token that is good from now on. What it says of permissions is for clients to read: nothing here believes it.
    ///
    /// - Parameter generation: see ``User/passwordGeneration``.
    /// - Throws: `unavailable` where the claims can't be encoded.
    public func issue(
        for principal: Principal,
        generation: Int64 = 0,
        at now: Timestamp
    ) throws(AccessError) -> Issued {
        let jti = SecureRandom.hex128()
        let lifetimeSeconds = self.lifetimeSeconds
        let claims = AccessClaims(
            sub: principal.id.rawValue,
            username: principal.username,
            permissions: principal.permissions.names,
            exp: now.adding(seconds: lifetimeSeconds).microseconds / 1_000_000,
            iat: now.microseconds / 1_000_000,
            jti: jti,
            gen: generation == 0 ? nil : generation
        )
        return Issued(
            text: try self.sign(claims),
            jti: jti,
            expiresIn: lifetimeSeconds,
            expiresAt: claims.expiresAt
        )
    }

    /// Makes a service token: see ``ServiceTokens``.
    ///
    /// - Parameters:
    ///   - user: for whom it acts.
    ///   - seconds: that it lives.
    /// - Throws: `unavailable` where the claims can't be encoded.
    func issue(
        _ scope: TokenScope,
        for user: Principal,
        generation: Int64,
        lifetime seconds: Int64,
        at now: Timestamp
    ) throws(AccessError) -> Issued {
        let jti = SecureRandom.hex128()
        let claims = AccessClaims(
            sub: AccessClaims.limitedSubject + user.id.rawValue,
            username: user.username,
            permissions: scope.permissions.names,
            exp: now.adding(seconds: seconds).microseconds / 1_000_000,
            iat: now.microseconds / 1_000_000,
            jti: jti,
            gen: generation == 0 ? nil : generation,
            limits: ScopeClaims(scope)
        )
        return Issued(text: try self.sign(claims), jti: jti, expiresIn: seconds, expiresAt: claims.expiresAt)
    }

    func sign(_ claims: AccessClaims) throws(AccessError) -> String {
        do {
            let payload = String(decoding: try self.serializer.serialize(claims), as: UTF8.self)
            let signed = "\(Self.encodedHeader).\(payload)"
            let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: self.key)
            return "\(signed).\(Base64URL.encode(Array(code)))"
        } catch {
            throw AccessError(.unavailable, cause: "claims can't be encoded: \(error)")
        }
    }

    /// Checks the signature before anything else: nothing that a stranger wrote is parsed.
    func verify(_ token: String, at now: Timestamp) throws(AccessError) -> AccessClaims {
        let bytes = Array(token.utf8)
        guard bytes.count <= Self.maximumBytes, self.isSigned(bytes),
            let parsed = try? self.parser.parse(bytes, as: AccessClaims.self),
            Self.isAcceptable(parsed.header), parsed.payload.isValid(at: now)
        else { throw AccessError(.invalidToken) }
        return parsed.payload
    }

    private func isSigned(_ token: [UInt8]) -> Bool {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let code = Base64URL.decode(parts[2]) else { return false }
        let signed = token[..<parts[1].endIndex]
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: self.key)
    }

    private static func isAcceptable(_ header: JWTHeader) -> Bool {
        guard header.alg == Self.algorithm, header.fields["crit"] == nil else { return false }
        return header.fields["typ"] == nil || header.typ?.uppercased() == "JWT"
    }
}
