import Foundation
import NIOHTTP1
import Testing

@Suite("Routing: 404, 405, redirects, HEAD")
struct RoutingTests {
    @Test("what is no route, and what a route does not take, is answered by the error table")
    func errors() async throws {
        let cases: [(HTTPMethod, String, Int, String, String?)] = [
            (.POST, "/", 405, "Method Not Allowed", "GET, HEAD"),
            (.GET, "/nothing", 404, "Not Found", nil),
            (.GET, "/nothing/", 404, "Not Found", nil),
            (.GET, "/auth//me", 404, "Not Found", nil),
            (.GET, "/AUTH/me", 404, "Not Found", nil),
            (.GET, "/api/v1/topics//messages", 404, "Not Found", nil),
            (.POST, "/health", 405, "Method Not Allowed", "GET, HEAD"),
            (.OPTIONS, "/health", 405, "Method Not Allowed", "GET, HEAD"),
            (.REPORT, "/health", 405, "Method Not Allowed", "GET, HEAD"),
            (.GET, "/auth/login", 405, "Method Not Allowed", "POST"),
            (.GET, "/auth/users/x", 405, "Method Not Allowed", "PATCH, DELETE"),
            (.PATCH, "/api/v1/topics/x", 405, "Method Not Allowed", "GET, HEAD, PUT, DELETE"),
            (.DELETE, "/api/v1/topics/stats", 405, "Method Not Allowed", "GET, HEAD"),
            (.GET, "/api/v1/messages", 405, "Method Not Allowed", "POST"),
            (.PUT, "/api/v1/messages/bulk", 405, "Method Not Allowed", "POST"),
            (.GET, "/messages/poll", 405, "Method Not Allowed", "POST"),
            (.POST, "/ws", 405, "Method Not Allowed", "GET"),
            (.POST, "/sse", 405, "Method Not Allowed", "GET"),
        ]
        try await withRelay { relay in
            for (method, path, status, detail, allow) in cases {
                let reply = try await relay.send(method, path)
                #expect(reply.status == status, "\(method) \(path)")
                #expect(reply.detail == detail, "\(method) \(path)")
                #expect(reply.header("allow") == allow, "\(method) \(path)")
            }
        }
    }

    @Test("a slash too many is a redirect to the path without it, the query kept, on the fast lane's paths too")
    func slashes() async throws {
        let cases = [
            ("/auth/me/", "/auth/me"),
            ("/health/?a=1&b=%2F", "/health?a=1&b=%2F"),
            ("/api/v1/topics/x//", "/api/v1/topics/x"),
            ("/api/v1/messages/", "/api/v1/messages"),
            ("/messages/poll/?x=", "/messages/poll?x="),
            ("/ws/?token=t", "/ws?token=t"),
        ]
        try await withRelay { relay in
            for (path, location) in cases {
                for method in [HTTPMethod.GET, .POST] {
                    let reply = try await relay.send(method, path)
                    #expect(reply.status == 307, "\(path)")
                    #expect(reply.header("location") == location, "\(path)")
                }
            }
        }
    }

    @Test("HEAD is GET without the body")
    func head() async throws {
        try await withRelay { relay in
            let get = try await relay.send(.GET, "/ready")
            let head = try await relay.send(.HEAD, "/ready")
            #expect(head.status == 200)
            #expect(head.text.isEmpty)
            #expect(head.headers["content-length"] == get.headers["content-length"])
            #expect(head.headers["content-length"].count == 1)
        }
    }

    @Test("metrics know routes by their templates, and what is no route as unmatched")
    func templates() async throws {
        try await withRelay { relay in
            for path in ["/api/v1/topics/secret-name", "/nothing-here", "/auth/me/"] {
                _ = try await relay.send(.GET, path)
            }
            _ = try await relay.send(.POST, "/api/v1/topics/secret-name")
            let metrics = try await relay.send(.GET, "/metrics")
            #expect(metrics.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.text.contains(#"handler="/api/v1/topics/{topic_name}",method="GET",status="4xx""#))
            #expect(metrics.text.contains(#"handler="/api/v1/topics/{topic_name}",method="POST",status="4xx""#))
            #expect(metrics.text.contains(#"handler="/auth/me",method="GET",status="3xx""#))
            #expect(metrics.text.contains(#"handler="unmatched",method="GET",status="4xx""#))
            #expect(!metrics.text.contains("secret-name"))
            #expect(!metrics.text.contains("nothing-here"))
        }
    }
}
