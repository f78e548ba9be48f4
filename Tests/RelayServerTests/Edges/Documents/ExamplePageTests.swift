import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("The example page")
struct ExamplePageTests {
    private static let paths = [
        ("/example", "text/html"), ("/example/page.css", "text/css"), ("/example/page.mjs", "text/javascript"),
        ("/example/area.mjs", "text/javascript"), ("/example/bytes.mjs", "text/javascript"),
        ("/example/connection.mjs", "text/javascript"), ("/example/document.mjs", "text/javascript"),
        ("/example/presence.mjs", "text/javascript"), ("/example/session.mjs", "text/javascript"),
        ("/example/structs.mjs", "text/javascript"),
    ]

    @Test("a relay that only this machine reaches serves it, under rules that let it run its own scripts alone")
    func served() async throws {
        try await withRelay { relay in
            for (path, type) in Self.paths {
                let reply = try await relay.send(.GET, path)
                #expect(reply.status == 200, "\(path)")
                #expect(reply.header("content-type") == "\(type); charset=utf-8")
                #expect(reply.header("x-content-type-options") == "nosniff")
                let rules = reply.header("content-security-policy") ?? ""
                for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]
                {
                    #expect(rules.contains(rule), "\(path)")
                }
                #expect(!rules.contains("unsafe"))
                #expect(reply.body.readableBytes > 200, "\(path)")
            }
        }
    }

    @Test("where it is not wanted it is not there")
    func off() async throws {
        try await withRelay {
            $0.documents.example = false
        } _: { relay in
            for (path, _) in Self.paths {
                let reply = try await relay.send(.GET, path)
                #expect(reply.status == 404, "\(path)")
            }
        }
    }

    @Test("others see it only where a setting says so")
    func addresses() async throws {
        for (host, isServed) in [("0.0.0.0", false), ("127.0.0.1", true)] {
            try await withRelay {
                $0.server.host = host
                $0.access.jwtSecret = Secret(String(repeating: "k", count: 32))
            } _: { relay in
                let reply = try await relay.send(.GET, "/example")
                #expect(reply.status == (isServed ? 200 : 404), "\(host)")
            }
        }
        try await withRelay {
            $0.server.host = "0.0.0.0"
            $0.access.jwtSecret = Secret(String(repeating: "k", count: 32))
            $0.documents.example = true
        } _: { relay in
            let reply = try await relay.send(.GET, "/example")
            #expect(reply.status == 200)
        }
    }
}
