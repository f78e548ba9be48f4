import Foundation
import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

@Suite("Targets, hosts and dates", .timeLimit(.minutes(1)))
struct TargetTests {
    @Test(
        "a target has one form",
        arguments: [
            ("/a/b?c=%41", "/a/b?c=%41", 4, nil), ("/n%65ws", "/news", 5, nil),
            ("/%7e%2D%5f.?%65", "/~-_.?%65", 5, nil),
            ("/a%2Fb%20%zz%", "/a%2Fb%20%zz%", 13, nil), ("http://h:80/a?b", "/a?b", 2, "h:80"),
            ("HTTPS://h", "/", 1, "h"),
            ("http://h?x=/", "/?x=/", 1, "h"), ("http://h/%61", "/a", 2, "h"), ("//a//b", "//a//b", 6, nil),
            ("/a/../b", "/a/../b", 7, nil), ("/%2e%2e/b", "/../b", 5, nil), ("*", "*", 1, nil), ("x:1", "x:1", 3, nil),
            ("/?", "/?", 1, nil), ("/é%41", "/éA", 4, nil),
        ] as [(String, String, Int, String?)]
    )
    func target(_ sent: String, _ text: String, _ pathLength: Int, _ authority: String?) throws {
        let target = try #require(RequestTarget(sent))
        #expect(target.text == text)
        #expect(target.pathLength == pathLength)
        #expect(target.authority == authority)
    }

    @Test("or is none", arguments: ["http://", "http:///a", "https://?a", "http://user@host/a"])
    func noTarget(_ sent: String) {
        #expect(RequestTarget(sent) == nil)
    }

    @Test("both lanes take every form of a target")
    func lanes() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let body = #"{"topic":"news","payload":{}}"#
            let connection = try await RawConnection.open(relay.port)
            for (method, target, body, status) in [
                ("POST", "/api/v1/m%65ssages", body, 201), ("POST", "http://other/api/v1/messages", body, 201),
                ("POST", "http://other:1/messages/poll", #"{"topics":["news"],"since":{"news":"0"}}"#, 200),
                ("GET", "/api/v1/topics/n%65ws", nil, 200), ("GET", "http://other/api/v1/topics/news", nil, 200),
                ("GET", "http://other/api/v1/topics/news/messages?limit=1", nil, 200),
                ("GET", "http://other", nil, 307),
                ("GET", "/api//v1/topics/news", nil, 404), ("GET", "/x/../health", nil, 404),
                ("GET", "http://a@b/health", nil, 400),
            ] as [(String, String, String?, Int)] {
                connection.request(method, target, token: token, body: body)
                #expect(await connection.reply()?.status == status, "\(target)")
            }
        }
    }

    @Test("a request names one host, and the one in its target counts")
    func hosts() async throws {
        try await withRelay {
            $0.server.trustedHosts = ["good"]
        } _: { relay in
            for (request, status) in [
                ("GET /x HTTP/1.1\r\n", 400), ("GET /x HTTP/1.1\r\nHost: good\r\nHost: good\r\n", 400),
                ("GET /health HTTP/1.1\r\n", 400), ("GET /health HTTP/1.1\r\nHost: a\r\nhost: b\r\n", 400),
                ("GET /x HTTP/1.1\r\nHost: good:80\r\n", 404), ("GET /x HTTP/1.1\r\nHost: bad\r\n", 400),
                ("GET http://good/x HTTP/1.1\r\nHost: bad\r\n", 404),
                ("GET http://bad/x HTTP/1.1\r\nHost: good\r\n", 400),
                ("GET /health HTTP/1.1\r\nHost: bad\r\n", 200), ("GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n", 200),
                ("GET /metrics HTTP/1.1\r\nHost: bad\r\n", 200), ("GET /health HTTP/1.0\r\n", 200),
                ("GET /health/liveness HTTP/1.1\r\nHost: bad\r\n", 200),
                ("GET /health/readiness HTTP/1.1\r\nHost: bad\r\n", 200),
                ("GET /metrics/json HTTP/1.1\r\nHost: bad\r\n", 200),
                ("GET /x HTTP/1.0\r\n", 400), ("GET /health?host HTTP/1.1\r\nHost: bad\r\n", 200),
            ] {
                let connection = try await RawConnection.open(relay.port)
                connection.send(request + "\r\n")
                #expect(await connection.reply()?.status == status, "\(request)")
            }
        }
    }

    @Test("every answer has a date, and an offer to upgrade says so twice")
    func fields() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let connection = try await RawConnection.open(relay.port)
            for path in ["/health", "/nothing", "/auth/me"] {
                connection.request("GET", path, token: token)
                let date = try #require(await connection.reply()).headers.first(name: "date")
                #expect(date?.hasSuffix(" GMT") == true, "\(path)")
            }
            connection.request("GET", "/ws", token: token)
            let offer = try #require(await connection.reply())
            #expect(offer.status == 426)
            #expect(offer.headers[canonicalForm: "connection"].contains("upgrade"))
            let stream = try await RawConnection.open(relay.port)
            stream.request("GET", "/sse?topics=t", token: token)
            #expect(await stream.head()?.headers.contains(name: "date") == true)
            let broken = try await RawConnection.open(relay.port)
            broken.send("nonsense\r\n\r\n")
            #expect(await broken.head()?.headers.contains(name: "date") == true)
        }
    }

    @Test("dates are made once a second, in the form of RFC 9110")
    func dates() {
        #expect(DateField.text(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        var field = DateField()
        var asked = 0
        for (seconds, expected) in [(5, 1), (5, 1), (6, 2), (60, 3)] {
            _ = field.text(at: .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000)) {
                asked += 1
                return RelayClock.system.now()
            }
            #expect(asked == expected, "\(seconds)")
        }
    }
}
