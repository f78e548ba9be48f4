import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("The console's files")
struct ConsoleTests {
    @Test("The page and all that it and its scripts refer to are there, under rules that let them run nothing else")
    func complete() async throws {
        try await withRelay { relay in
            var waiting = ["/console"]
            var seen: Set<String> = []
            while let path = waiting.popLast() {
                guard seen.insert(path).inserted else { continue }
                let reply = try await relay.send(.GET, path)
                #expect(reply.status == 200, "\(path)")
                guard path.hasPrefix("/console") else { continue }
                let rules = reply.header("content-security-policy") ?? ""
                for rule in [
                    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
                    "frame-ancestors 'none'", "form-action 'none'", "require-trusted-types-for 'script'",
                ] {
                    #expect(rules.contains(rule), "\(path)")
                }
                #expect(!rules.contains("unsafe"))
                #expect(reply.header("x-content-type-options") == "nosniff")
                waiting += Self.references(in: String(buffer: reply.body), of: path)
            }
            #expect(seen.contains("/client/pulsar-relay.js"))
            #expect(seen.count > 20)
        }
    }

    @Test("Who opens the relay's address is sent there")
    func root() async throws {
        try await withRelay { relay in
            let reply = try await relay.send(.GET, "/")
            #expect(reply.status == 307 && reply.header("location") == "console")
        }
    }

    @Test("Where it is not wanted it is not there")
    func off() async throws {
        try await withRelay {
            $0.server.console = false
        } _: { relay in
            for path in ["/", "/console", "/console/console.mjs"] {
                let reply = try await relay.send(.GET, path)
                #expect(reply.status == 404, "\(path)")
            }
        }
    }

    /// What a page or a script names in `src`, `href`, `import` and `from`. A link within the page is none.
    private static func references(in text: String, of path: String) -> [String] {
        let named = text.matches(of: #/(?:src="|href="|from '|import\(')([^"'#][^"']*)/#).map { String($0.1) }
        let base = URL(string: "http://relay\(path)")
        return named.compactMap { URL(string: $0, relativeTo: base)?.path() }
    }
}
