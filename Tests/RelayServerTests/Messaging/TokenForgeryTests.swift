import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Tokens that nobody issued")
struct TokenForgeryTests {
    @Test("forged, expired and algorithm-confused tokens are 401 on every route, and store nothing")
    func forged() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let parts = token.split(separator: ".").map(String.init)
            let me = try await relay.send(.GET, "/auth/me", token: token)
            let now = Int(Date().timeIntervalSince1970)
            let claims: [String: Any] = [
                "sub": try #require(me.object["user_id"] as? String), "username": "admin",
                "permissions": ["admin", "read", "write"], "iat": now, "exp": now + 600,
            ]
            // The same way of making one passes with the right secret: what follows is refused for what it is.
            let right = try SignedToken.make(SignedToken.header, claims, SignedToken.secret)
            #expect(try await relay.send(.GET, "/auth/me", token: right).status == 200)
            let expired = claims.merging(["exp": now - 1]) { _, new in new }
            let stranger = claims.merging(["sub": UUID().uuidString]) { _, new in new }
            let bad = [
                try SignedToken.make(SignedToken.header, claims, "your-secret-key-here-change-in-production"),
                try SignedToken.make(SignedToken.header, claims, ""),
                try SignedToken.make(SignedToken.header, expired, SignedToken.secret),
                try SignedToken.make(SignedToken.header, stranger, SignedToken.secret),
                try SignedToken.make(SignedToken.header, ["sub": "x"], SignedToken.secret),
                try SignedToken.make(#"{"alg":"none"}"#, claims, SignedToken.secret),
                try SignedToken.make(#"{"alg":"HS512"}"#, claims, SignedToken.secret),
                try SignedToken.make(#"{"alg":"RS256"}"#, claims, SignedToken.secret),
                SignedToken.encode(Data(#"{"alg":"none"}"#.utf8)) + "." + parts[1] + ".",
                parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1],
                parts[0] + "." + String(parts[1].reversed()) + "." + parts[2],
                "...", "x.y.z", String(repeating: "a", count: 4_000),
            ]
            for token in bad {
                for (method, path, body) in [
                    (.POST, "/api/v1/messages", #"{"topic":"t","payload":{}}"#),
                    (.POST, "/api/v1/messages/bulk", #"{"messages":[{"topic":"t","payload":{}}]}"#),
                    (.POST, "/messages/poll", #"{"topics":["t"]}"#), (.GET, "/sse?topics=t", nil),
                    (.GET, "/auth/me", nil),
                ] as [(HTTPMethod, String, String?)] {
                    let reply = try await relay.send(method, path, token: token, body: body)
                    #expect(reply.status == 401, "\(path) \(token.prefix(60))")
                    #expect(reply.header("www-authenticate") == "Bearer")
                }
            }
            #expect(try await relay.send(.GET, "/api/v1/topics/t", token: token).status == 404)
        }
    }
}
