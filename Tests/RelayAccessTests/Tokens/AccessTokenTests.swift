import Crypto
import JWTKit
import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct AccessTokenTests {
    static let secret = Bench.secret
    static let now = Timestamp(microseconds: 1_800_000_000_500_000)
    static let principal = Principal(id: UserID("u-1"), username: "ada", permissions: [.write, .admin])

    let tokens: AccessTokens

    init() throws {
        self.tokens = try AccessTokens(secret: Self.secret)
    }

    /// A token made by hand, so that its header can lie.
    static func token(
        header: String = #"{"alg":"HS256","typ":"JWT"}"#,
        claims: String = #"{"sub":"u-1","exp":1800003600}"#,
        secret: String = AccessTokenTests.secret
    ) -> String {
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(claims.utf8)))"
        let key = SymmetricKey(data: Array(secret.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: key)
        return "\(signed).\(Base64URL.encode(Array(code)))"
    }

    func verdict(_ token: String, at now: Timestamp = AccessTokenTests.now) -> AccessError.Code? {
        do {
            _ = try self.tokens.verify(token, at: now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("A token carries the claims of the contract")
    func claims() throws {
        let issued = try self.tokens.issue(for: Self.principal, at: Self.now)
        let claims = try self.tokens.verify(issued.text, at: Self.now)
        #expect(claims.sub == "u-1")
        #expect(claims.username == "ada")
        #expect(claims.permissions == ["admin", "write"])
        #expect(claims.iat == 1_800_000_000)
        #expect(claims.exp == 1_800_003_600)
        #expect(claims.jti == issued.jti)
        #expect(issued.jti.count == 32)
        #expect(issued.jti.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(issued.expiresIn == 3600)
    }

    @Test("Header and claims have the contract's names and integer times")
    func wireForm() throws {
        let parts = try self.tokens.issue(for: Self.principal, at: Self.now).text.split(separator: ".")
        let header = try #require(Base64URL.decode(parts[0].utf8))
        let payload = String(decoding: try #require(Base64URL.decode(parts[1].utf8)), as: UTF8.self)
        #expect(String(decoding: header, as: UTF8.self) == #"{"alg":"HS256","typ":"JWT"}"#)
        #expect(payload.contains(#""exp":1800003600"#))
        #expect(payload.contains(#""iat":1800000000"#))
        #expect(!payload.contains("nbf"))
    }

    @Test("JWTKit, asked on its own, accepts our tokens and makes tokens that we accept")
    func agreesWithJWTKit() async throws {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Self.secret), digestAlgorithm: .sha256)
        let issued = try self.tokens.issue(for: Self.principal, at: Self.now)
        #expect(try await keys.verify(issued.text, as: AccessClaims.self).jti == issued.jti)
        let theirs = try await keys.sign(AccessClaims(sub: "u-2", exp: 1_800_000_001))
        #expect(try self.tokens.verify(theirs, at: Self.now).sub == "u-2")
    }

    @Test("A token without jti, as old relays issue them, is accepted")
    func withoutJTI() throws {
        #expect(try self.tokens.verify(Self.token(), at: Self.now).jti == nil)
    }

    @Test(
        "A properly signed token whose header says anything else is refused",
        arguments: [
            #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"None"}"#, #"{"alg":"HS384","typ":"JWT"}"#,
            #"{"alg":"RS256","typ":"JWT"}"#, #"{"alg":"hs256"}"#, #"{"typ":"JWT"}"#, #"{"alg":null}"#, #"{}"#,
            #"{"alg":"HS256","typ":"JWE"}"#, #"{"alg":"HS256","typ":7}"#, #"{"alg":"HS256","crit":["b64"]}"#, "[]", "",
        ]
    )
    func wrongHeader(header: String) {
        #expect(self.verdict(Self.token(header: header)) == .invalidToken)
    }

    @Test("typ may be left out or written small", arguments: [#"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"jwt"}"#])
    func lenientType(header: String) {
        #expect(self.verdict(Self.token(header: header)) == nil)
    }

    @Test(
        "Unusable claims are refused",
        arguments: [
            #"{"sub":"u-1"}"#, #"{"exp":1800003600}"#, #"{"sub":7,"exp":1800003600}"#, #"{"sub":"u-1","exp":"soon"}"#,
            #"{"sub":"u-1","exp":1800003600,"nbf":1800000001}"#, #"{"sub":"u-1","exp":-1}"#, "[]", "{", "",
        ]
    )
    func wrongClaims(claims: String) {
        #expect(self.verdict(Self.token(claims: claims)) == .invalidToken)
    }

    @Test("The largest times neither trap nor mislead")
    func extremeTimes() {
        let (most, least) = (Int64.max, Int64.min)
        #expect(self.verdict(Self.token(claims: #"{"sub":"u","exp":\#(most)}"#)) == nil)
        #expect(self.verdict(Self.token(claims: #"{"sub":"u","exp":\#(least)}"#)) == .invalidToken)
        #expect(self.verdict(Self.token(claims: #"{"sub":"u","exp":\#(most),"nbf":\#(most)}"#)) == .invalidToken)
    }

    @Test("A token is good up to the second before exp, and from nbf on")
    func window() {
        let token = Self.token(claims: #"{"sub":"u-1","nbf":1800000010,"exp":1800000020}"#)
        let start = Timestamp(microseconds: 0)
        #expect(self.verdict(token, at: start.adding(seconds: 1_800_000_009)) == .invalidToken)
        #expect(self.verdict(token, at: start.adding(seconds: 1_800_000_010)) == nil)
        #expect(self.verdict(token, at: Timestamp(microseconds: 1_800_000_019_999_999)) == nil)
        #expect(self.verdict(token, at: start.adding(seconds: 1_800_000_020)) == .invalidToken)
    }

    @Test("A token signed with another secret is refused")
    func forged() {
        #expect(self.verdict(Self.token(secret: "your-secret-key-here-change-in-production")) == .invalidToken)
    }

    @Test("No prefix of a token, and no token with one character changed, is accepted")
    func mutilated() throws {
        let token = Self.token()
        for length in 0..<token.count {
            #expect(self.verdict(String(token.prefix(length))) == .invalidToken)
        }
        for index in token.indices {
            for replacement in ["A", "Q", ".", "=", "é"] where String(token[index]) != replacement {
                var changed = token
                changed.replaceSubrange(index...index, with: replacement)
                #expect(self.verdict(changed) == .invalidToken, "\(changed)")
            }
        }
    }

    @Test(
        "Other shapes are refused",
        arguments: ["", ".", "..", "...", "a.b.c", String(repeating: "a.", count: 10_000), "\u{0}"]
    )
    func shapes(token: String) {
        #expect(self.verdict(token) == .invalidToken)
        #expect(self.verdict(Self.token() + "." + token) == .invalidToken)
    }

    @Test("A token beyond the size limit is refused although its signature is right")
    func oversized() {
        let claims = #"{"sub":"u-1","exp":1800003600,"x":"\#(String(repeating: "x", count: 4000))"}"#
        #expect(self.verdict(Self.token(claims: claims)) == .invalidToken)
    }

    @Test(
        "Unsafe settings are refused",
        arguments: [
            ("short", 3600, AccessTokenSettingsError.weakSecret(.short)),
            (String(repeating: "x", count: 31), 3600, .weakSecret(.short)),
            ("your-secret-key-here-change-in-production", 3600, .weakSecret(.placeholder)),
            (" your-secret-key-here-change-in-production\n", 3600, .weakSecret(.placeholder)),
            (AccessTokenTests.secret, 300, .lifetimeTooShort),
        ]
    )
    func settings(secret: String, lifetime: Int64, error: AccessTokenSettingsError) {
        #expect(throws: error) { try AccessTokens(secret: secret, lifetimeSeconds: lifetime) }
    }

    @Test("A short secret can be allowed, the published one can't")
    func shortSecret() throws {
        let published = "your-secret-key-here-change-in-production"
        let tokens = try AccessTokens(secret: "short", allowsShortSecret: true)
        let issued = try tokens.issue(for: Self.principal, at: Self.now)
        #expect(try tokens.verify(issued.text, at: Self.now).jti == issued.jti)
        #expect(throws: AccessTokenSettingsError.weakSecret(.placeholder)) {
            try AccessTokens(secret: published, allowsShortSecret: true)
        }
    }
}
