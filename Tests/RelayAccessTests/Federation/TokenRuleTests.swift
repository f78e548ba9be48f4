import Foundation
import RelayWire
import Testing

@testable import RelayAccess

@Suite("Rules of tokens of other issuers")
struct TokenRuleTests {
    private static let now = 1_800_000_000.0
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)
    private let identity = TokenRules.identity(issuer: "https://idp", client: "relay")
    private let access = TokenRules.access(issuer: "https://idp", audience: "api")

    private static func claims(_ changes: [String: Any?] = [:]) -> [String: Any] {
        var claims: [String: Any] = [
            "iss": "https://idp", "sub": "ada", "aud": "relay", "nonce": "n", "exp": Self.now + 300, "iat": Self.now,
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    private func fault(
        _ claims: [String: Any],
        _ rules: TokenRules? = nil,
        header: [String: Any] = [:],
        nonce: String? = "n"
    ) async throws -> TokenRules.Fault? {
        let token = try #require(CompactToken(try await TestToken.make(claims, by: .p256(), header: header)))
        do throws(TokenRules.Fault) {
            _ = try (rules ?? self.identity).check(token, nonce: nonce, at: self.now)
            return nil
        } catch {
            return error
        }
    }

    @Test("take an ID token as it should be, and say who it is about")
    func good() async throws {
        let token = try #require(CompactToken(try await TestToken.make(Self.claims(), by: .p256())))
        let identity = try self.identity.check(token, nonce: "n", at: self.now)
        #expect(identity == FederatedIdentity(issuer: "https://idp", subject: "ada"))
        #expect(try await self.fault(Self.claims(["aud": ["relay"]])) == nil)
        #expect(try await self.fault(Self.claims(["aud": ["x", "relay"], "azp": "relay"])) == nil)
        #expect(try await self.fault(Self.claims(["nbf": Self.now + 59])) == nil)
        #expect(try await self.fault(Self.claims(["exp": Self.now - 59])) == nil)
        #expect(try await self.fault(Self.claims(), header: ["typ": "application/JWT"]) == nil)
    }

    @Test("are not even read where a token is nested deep, which would take long")
    func nesting() throws {
        func token(_ depth: Int) -> CompactToken? {
            let claims =
                #"{"iss":"https://idp","p":"# + String(repeating: "[", count: depth)
                + String(repeating: "]", count: depth) + "}"
            let parts = [#"{"alg":"ES256"}"#, claims, "signature"].map { Base64URL.encode(Array($0.utf8)) }
            return CompactToken(parts.joined(separator: "."))
        }
        #expect(token(7) != nil)
        #expect(token(8) == nil && token(5_000) == nil)
    }

    @Test("refuse all that is not for this sign-in")
    func bad() async throws {
        let bad: [(TokenRules.Fault, [String: Any?])] = [
            (.issuer, ["iss": "https://idp/"]), (.issuer, ["iss": nil]), (.issuer, ["iss": ["https://idp"]]),
            (.issuer, ["iss": "https://IDP"]),
            (.audience, ["aud": "other"]), (.audience, ["aud": nil]), (.audience, ["aud": []]),
            (.audience, ["aud": "relay2"]), (.audience, ["aud": ["relay": true]]),
            (.authorizedParty, ["azp": "other"]), (.authorizedParty, ["aud": ["relay", "other"]]),
            (.authorizedParty, ["aud": ["relay", "other"], "azp": "other"]),
            (.expired, ["exp": Self.now - 60]), (.expired, ["exp": nil]), (.expired, ["exp": "9999999999"]),
            (.expired, ["exp": 1e300]),
            (.notYetValid, ["nbf": Self.now + 61]), (.notYetValid, ["nbf": "soon"]),
            (.issuedAt, ["iat": Self.now + 61]), (.issuedAt, ["iat": nil]),
            (.nonce, ["nonce": "m"]), (.nonce, ["nonce": nil]), (.nonce, ["nonce": ""]),
            (.subject, ["sub": ""]), (.subject, ["sub": nil]), (.subject, ["sub": 7]),
            (.subject, ["sub": String(repeating: "a", count: 256)]),
        ]
        for (expected, changes) in bad {
            let found = try await self.fault(Self.claims(changes))
            #expect(found == expected, "\(changes)")
        }
        #expect(try await self.fault(Self.claims(), header: ["typ": "at+jwt"]) == .type)
        #expect(try await self.fault(Self.claims(), header: ["typ": "logout+jwt"]) == .type)
    }

    @Test("take an access token for its audience, whoever asked for it")
    func accessTokens() async throws {
        let claims = Self.claims(["aud": ["api", "other"], "azp": "app", "nonce": nil, "iat": nil])
        #expect(try await self.fault(claims, self.access, nonce: nil) == nil)
        #expect(try await self.fault(claims, self.access, header: ["typ": "at+jwt"], nonce: nil) == nil)
        #expect(try await self.fault(Self.claims(), self.access, nonce: nil) == .audience)
        let future = Self.claims(["aud": "api", "iat": Self.now + 100])
        #expect(try await self.fault(future, self.access, nonce: nil) == .issuedAt)
    }

    @Test("find claims by their names, or by the way to them")
    func claims() throws {
        let json = #"""
            {"realm_access": {"roles": ["a", 1, "b"]}, "https://x.y/roles": "staff team", "scope": "read write", "t": "true", "e": ""}
            """#
        let claims = try #require(TokenClaims(Data(json.utf8)))
        #expect(claims.texts("realm_access.roles") == ["a", "b"])
        #expect(claims.texts("https://x.y/roles") == ["staff team"])
        #expect(claims.texts("scope") == ["read", "write"])
        #expect(claims.texts("realm_access").isEmpty && claims.texts("scope.x").isEmpty && claims.texts("..").isEmpty)
        #expect(claims.isTrue("t") && !claims.isTrue("scope") && claims.text("e") == nil)
    }
}

@Suite("Names of users from elsewhere")
struct FederatedNameTests {
    private func names(_ wanted: [String?], subject: String = "subject-1") -> [String] {
        Array(FederatedName(wanted, provider: "idp", subject: subject).candidates.dropLast())
    }

    @Test("are made of the first that is of use")
    func first() {
        #expect(self.names([nil, "ada@example.org", "x"]).first == "ada@example.org")
        #expect(self.names([nil, "", "ada lovelace/1"]).first == "ada-lovelace-1")
        #expect(self.names(["ø🐙", "ada"]).first == "ada")
        #expect(self.names(["a"]).first == "a--")
        #expect(self.names([nil]).first == "user")
        #expect(self.names([String(repeating: "a", count: 99)]).first?.count == 50)
        #expect(self.names(["<script>alert(1)</script>"]).first == "-script-alert-1---script-")
    }

    @Test("go on with the provider, the subject, and what nobody guesses")
    func next() {
        #expect(self.names(["ada"], subject: "1234567890") == ["ada", "ada-idp", "ada-idp-12345678"])
        let name = FederatedName(["ada"], provider: "idp", subject: "s")
        #expect(name.candidates.count == 4 && name.candidates.last != name.candidates.last)
        for wanted in ["a", String(repeating: "a", count: 50), "ø"] {
            let provider = String(repeating: "p", count: 32)
            for candidate in FederatedName([wanted], provider: provider, subject: "ø/ø").candidates {
                #expect((3...50).contains(candidate.count) && UserRules.issues(username: candidate).isEmpty)
            }
        }
    }
}
