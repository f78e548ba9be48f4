import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Authentication of REST routes")
struct AuthenticationTests {
    /// Every route that needs a token, the permission that it needs besides, and a body with which nothing else is wrong.
    private static let routes: [(method: HTTPMethod, path: String, permission: String?)] = [
        (.GET, "/auth/me", nil), (.POST, "/auth/logout", nil), (.GET, "/auth/sessions", nil),
        (.DELETE, "/auth/sessions/x", nil), (.POST, "/auth/register", "admin"), (.GET, "/auth/users", "admin"),
        (.GET, "/auth/users/stats", "admin"), (.PATCH, "/auth/users/x", "admin"), (.DELETE, "/auth/users/x", "admin"),
        (.POST, "/api/v1/topics", "write"), (.GET, "/api/v1/topics", nil), (.GET, "/api/v1/topics/stats", "admin"),
        (.GET, "/api/v1/topics/x", nil), (.PUT, "/api/v1/topics/x", nil), (.DELETE, "/api/v1/topics/x", nil),
        (.GET, "/api/v1/topics/x/messages", nil), (.GET, "/api/v1/topics/x/permissions", nil),
        (.POST, "/api/v1/topics/x/permissions", nil), (.DELETE, "/api/v1/topics/x/permissions/y", nil),
        (.GET, "/messages/poll/stats", nil), (.POST, "/api/v1/messages", "write"), (.POST, "/messages/poll", "read"),
    ]

    @Test("bad tokens are refused by every route, before its body is looked at")
    func badTokens() async throws {
        let cases: [(String?, String)] = [
            (nil, "Not authenticated"), ("Basic YTpi", "Not authenticated"), ("Bearer", "Not authenticated"),
            ("Bearer nonsense", "Invalid or expired token"), ("bearer a.b.c", "Invalid or expired token"),
        ]
        try await withRelay { relay in
            for route in Self.routes {
                for (header, detail) in cases {
                    let headers = header.map { [("authorization", $0)] } ?? []
                    let reply = try await relay.send(route.method, route.path, headers: headers, body: "{")
                    #expect(reply.status == 401, "\(route) \(header ?? "-")")
                    #expect(reply.detail == detail, "\(route) \(header ?? "-")")
                    #expect(reply.header("www-authenticate") == "Bearer", "\(route) \(header ?? "-")")
                }
            }
        }
    }

    @Test("a user without permissions is told which one a route needs, before its body is looked at")
    func permissions() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("uma", permissions: [], by: admin)
            for route in Self.routes where route.path != "/auth/logout" {
                let reply = try await relay.send(route.method, route.path, token: user.token, body: "{")
                guard let permission = route.permission else {
                    #expect([200, 404, 422].contains(reply.status), "\(route): \(reply)")
                    continue
                }
                #expect(reply.status == 403, "\(route): \(reply)")
                #expect(reply.detail == "Permission '\(permission)' required", "\(route)")
            }
        }
    }

    @Test("administrators need read and write like everybody else")
    func administratorAlone() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let other = try await relay.makeUser("other", permissions: ["admin"], by: admin)
            let topic = ["topic_name": "t"]
            #expect(try await relay.send(.POST, "/api/v1/topics", token: other.token, json: topic).status == 403)
            #expect(try await relay.send(.GET, "/auth/users", token: other.token).status == 200)
        }
    }

    @Test("a token that was logged out is refused at once, and no other token is")
    func logout() async throws {
        try await withRelay { relay in
            let first = try await relay.administratorToken
            let second = try await relay.administratorToken
            #expect(try await relay.send(.POST, "/auth/logout", token: first).status == 204)
            for path in ["/auth/me", "/api/v1/topics"] {
                let reply = try await relay.send(.GET, path, token: first)
                #expect(reply.status == 401)
                #expect(reply.detail == "Token has been revoked")
            }
            #expect(try await relay.send(.POST, "/auth/logout", token: first).status == 401)
            #expect(try await relay.send(.GET, "/auth/me", token: second).status == 200)
        }
    }

    @Test("health and metrics are open to all, and tell no names")
    func open() async throws {
        try await withRelay { relay in
            let health = try await relay.send(.GET, "/health")
            #expect(health.status == 200)
            #expect(Set(health.object.keys) == ["status", "timestamp", "version", "checks", "service"])
            #expect(health.object["timestamp"] as? String != nil)
            #expect(health.object["status"] as? String == "healthy")
            let ready = try await relay.send(.GET, "/ready")
            #expect(ready.status == 200)
            #expect(ready.text == #"{"ready":true,"checks":{"storage":"ok"}}"#)
            #expect(try await relay.send(.GET, "/metrics").status == 200)
        }
    }

    @Test("probes of orchestrators get whole seconds and checks, and metrics are listed as JSON")
    func probes() async throws {
        try await withRelay { relay in
            for (path, names) in [
                ("/health/liveness", ["liveness"]), ("/health/readiness", ["system_resources", "storage"]),
            ] {
                let probe = try await relay.send(.GET, path)
                #expect(probe.status == 200)
                #expect(probe.object["status"] as? String == "healthy")
                #expect((probe.object["timestamp"] as? Int).map { $0 > 1_700_000_000 } == true)
                let checks = try #require(probe.object["checks"] as? [[String: Any]])
                #expect(checks.compactMap { $0["name"] as? String } == names)
                for check in checks {
                    #expect(Set(check.keys) == ["name", "status", "message", "duration_ms"])
                    #expect(check["status"] as? String == "healthy")
                }
            }
            let listed = try await relay.send(.GET, "/metrics/json")
            let metrics = try #require(listed.object["metrics"] as? [[String: Any]])
            #expect(listed.object["total_metrics"] as? Int == metrics.count)
            let text = try await relay.send(.GET, "/metrics").text
            let typed = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            #expect(
                Set(typed.map { String($0.split(separator: " ")[2]) })
                    == Set(metrics.compactMap { $0["name"] as? String })
            )
            #expect(metrics.allSatisfy { ["COUNTER", "GAUGE", "HISTOGRAM"].contains($0["type"] as? String ?? "") })
            #expect(metrics.allSatisfy { $0["metrics"] as? Int ?? 0 > 0 })
            #expect(metrics.filter { ($0["help"] as? String ?? "").isEmpty }.compactMap { $0["name"] as? String } == [])
        }
    }
}
