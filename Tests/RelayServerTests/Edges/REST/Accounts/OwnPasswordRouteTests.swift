import NIOHTTP1
import RelayServer
import Testing

@Suite("POST /auth/password")
struct OwnPasswordRouteTests {
    private static let path = "/auth/password"

    private static func body(_ old: String, _ new: String = "another password") -> [String: Any] {
        ["old_password": old, "new_password": new]
    }

    @Test("Ends what the old password gave, and answers with tokens of the new one")
    func change() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", by: admin)
            let reply = try await relay.send(.POST, Self.path, token: user.token, json: Self.body(TestRelay.password))
            #expect(reply.status == 200)
            #expect(reply.header("cache-control") == "no-store")
            let token = try #require(reply.object["access_token"] as? String)
            #expect(try await relay.send(.GET, "/auth/me", token: token).status == 200)
            #expect(try await relay.send(.GET, "/auth/me", token: user.token).status == 401)
            let form = "username=uma&password=another+password"
            #expect(try await relay.send(form: form, to: "/auth/login").status == 200)
        }
    }

    @Test("A wrong old password is 403, what is missing or too short 422, no token 401")
    func refusals() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let wrong = try await relay.send(.POST, Self.path, token: admin, json: Self.body("wrong"))
            #expect(wrong.status == 403)
            #expect(wrong.detail == "The old password is not right")
            let short = try await relay.send(
                .POST,
                Self.path,
                token: admin,
                json: Self.body(TestRelay.password, "short")
            )
            #expect(short.status == 422)
            #expect(short.issues == ["body.new_password"])
            let empty = try await relay.send(.POST, Self.path, token: admin, json: [:])
            #expect(empty.issues == ["body.old_password", "body.new_password"])
            #expect(try await relay.send(.POST, Self.path, json: Self.body("x")).status == 401)
            let large = Self.body(String(repeating: "a", count: 17 << 10))
            #expect(try await relay.send(.POST, Self.path, token: admin, json: large).status == 413)
        }
    }

    @Test("Guesses are counted with log-ins")
    func limit() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
            $0.rateLimits.login = 3
        } _: { relay in
            let admin = try await relay.administratorToken
            for status in [403, 403, 429] {
                let reply = try await relay.send(.POST, Self.path, token: admin, json: Self.body("wrong"))
                #expect(reply.status == status)
            }
        }
    }
}
