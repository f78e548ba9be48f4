import RelayWire
import Testing

@testable import RelayClient

@Suite("Token renewal")
struct RenewalPlanTests {
    private static let now = Timestamp(microseconds: 1_000_000_000_000)

    private static func tokens(_ remaining: Int64, refresh: String? = nil) -> Tokens {
        Tokens(accessToken: "a", expiresAt: self.now.adding(seconds: remaining), refreshToken: refresh)
    }

    private static func plan(_ tokens: Tokens?, rejected: String? = nil, hasPassword: Bool = false) -> RenewalPlan {
        RenewalPlan.decide(tokens: tokens, rejected: rejected, hasPassword: hasPassword, now: self.now)
    }

    @Test("A token with 300 s left is used, with less it is renewed")
    func margin() {
        let (fresh, stale) = (Self.tokens(300, refresh: "r"), Self.tokens(299, refresh: "r"))
        #expect(Self.plan(fresh) == .use(fresh))
        #expect(Self.plan(stale) == .refresh("r"))
    }

    @Test("The refresh token goes before the password")
    func order() {
        #expect(Self.plan(Self.tokens(0, refresh: "r"), hasPassword: true) == .refresh("r"))
        #expect(Self.plan(Self.tokens(0), hasPassword: true) == .logIn)
        #expect(Self.plan(nil, hasPassword: true) == .logIn)
    }

    @Test("Without means of renewal a token is used up to its end")
    func bareToken() {
        #expect(Self.plan(Self.tokens(1)) == .use(Self.tokens(1)))
        #expect(Self.plan(Self.tokens(0)) == .giveUp)
        #expect(Self.plan(nil) == .giveUp)
    }

    @Test("A rejected token is never used again, however fresh")
    func rejected() {
        #expect(Self.plan(Self.tokens(3600, refresh: "r"), rejected: "a") == .refresh("r"))
        #expect(Self.plan(Self.tokens(3600), rejected: "a") == .giveUp)
        #expect(Self.plan(Self.tokens(3600), rejected: "b") == .use(Self.tokens(3600)))
    }

    @Test("Nothing prints a secret")
    func secrets() {
        let tokens = Tokens(accessToken: "hush", expiresAt: Self.now, refreshToken: "hush")
        let credentials = Credentials.password(username: "u", password: "hush")
        var text = ""
        dump(tokens, to: &text)
        dump(credentials, to: &text)
        dump(Credentials.tokens(tokens), to: &text)
        print(tokens, credentials, String(reflecting: tokens), String(reflecting: credentials), to: &text)
        #expect(!text.contains("hush"))
    }
}
