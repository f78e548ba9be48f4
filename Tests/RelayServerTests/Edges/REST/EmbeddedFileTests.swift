import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Files of the program")
struct EmbeddedFileTests {
    private static let script = "/client/pulsar-relay.js"

    @Test("the client and its types are served to pages of every origin")
    func client() async throws {
        try await withRelay { relay in
            for (path, type) in [
                (Self.script, "text/javascript"), ("/client/pulsar-relay.d.ts", "application/typescript"),
            ] {
                let reply = try await relay.send(.GET, path, headers: [("origin", "https://elsewhere.example")])
                #expect(reply.status == 200, "\(path)")
                #expect(reply.header("content-type") == "\(type); charset=utf-8")
                #expect(reply.headers["access-control-allow-origin"] == ["*"])
                #expect(reply.header("x-content-type-options") == "nosniff")
                #expect(reply.header("cache-control") == "no-cache")
                #expect(reply.body.readableBytes > 1_000)
            }
            let folder = try await relay.send(.GET, "/client")
            #expect(folder.status == 404)
        }
    }

    @Test("where the origin is allowed everything, a file still names its readers once")
    func allowedOrigin() async throws {
        try await withRelay {
            $0.server.allowedOrigins = ["https://app.example"]
        } _: { relay in
            let file = try await relay.send(.GET, Self.script, headers: [("origin", "https://app.example")])
            #expect(file.headers["access-control-allow-origin"] == ["*"])
            let page = try await relay.send(.GET, "/example", headers: [("origin", "https://elsewhere.example")])
            #expect(page.header("access-control-allow-origin") == nil)
        }
    }

    @Test("who has a file is told so, and gets no bytes")
    func unchanged() async throws {
        try await withRelay { relay in
            let tag = try #require(try await relay.send(.GET, Self.script).header("etag"))
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let reply = try await relay.send(.GET, Self.script, headers: [("if-none-match", known)])
                #expect(reply.status == 304, "\(known)")
                #expect(reply.header("etag") == tag)
                #expect(reply.header("cache-control") == "no-cache")
                #expect(reply.body.readableBytes == 0)
            }
            for known in ["\"other\"", "other", "", tag.replacing("\"", with: "")] {
                let reply = try await relay.send(.GET, Self.script, headers: [("if-none-match", known)])
                #expect(reply.status == 200, "\(known)")
            }
        }
    }

    @Test("a client that takes gzip gets it, under a tag of its own")
    func compressed() async throws {
        try await withRelay { relay in
            let plain = try await relay.send(.GET, Self.script)
            #expect(plain.header("content-encoding") == nil)
            #expect(plain.headers["vary"].contains("Accept-Encoding"))
            for codings in ["gzip", "deflate, gzip;q=0.5", "*", "GZIP", "br, x-gzip"] {
                let reply = try await relay.send(.GET, Self.script, headers: [("accept-encoding", codings)])
                #expect(reply.header("content-encoding") == "gzip", "\(codings)")
                #expect(reply.body.getBytes(at: reply.body.readerIndex, length: 2) == [0x1F, 0x8B])
                #expect(reply.body.readableBytes < plain.body.readableBytes / 2)
                let tag = try #require(reply.header("etag"))
                #expect(tag != plain.header("etag"))
                let again = try await relay.send(
                    .GET,
                    Self.script,
                    headers: [("accept-encoding", codings), ("if-none-match", tag)]
                )
                #expect(again.status == 304)
            }
            for codings in ["identity", "br", "gzip;q=0", "*, gzip;q=0", "gzip;q=0.000", "gzip;q=high"] {
                let reply = try await relay.send(.GET, Self.script, headers: [("accept-encoding", codings)])
                #expect(reply.header("content-encoding") == nil, "\(codings)")
            }
        }
    }

    @Test("HEAD tells what GET would, without the bytes")
    func head() async throws {
        try await withRelay { relay in
            let get = try await relay.send(.GET, Self.script)
            let head = try await relay.send(.HEAD, Self.script)
            #expect(head.status == 200)
            #expect(head.body.readableBytes == 0)
            for name in ["content-type", "etag", "content-length", "cache-control"] {
                #expect(head.header(name) == get.header(name), "\(name)")
            }
            let post = try await relay.send(.POST, Self.script)
            #expect(post.status == 405)
        }
    }
}
