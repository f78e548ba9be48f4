import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Pages of history that come in parts")
struct HistoryPartsTests {
    /// A topic with forty messages of some 60 KB.
    private func fill(_ relay: TestRelay, _ token: String) async throws -> [String] {
        var ids: [String] = []
        let text = String(repeating: "x", count: 60_000)
        for number in 0..<40 { ids.append(try await relay.publish("t", token: token, ["n": number, "text": text])) }
        return ids
    }

    @Test("a long page is whole, in both orders, and its connection serves the next request", arguments: [0, 1_000])
    func whole(hot: Int) async throws {
        try await withRelay {
            $0.hotTier.maxMessagesPerTopic = hot
        } _: { relay in
            let token = try await relay.administratorToken
            let ids = try await self.fill(relay, token)
            let path = "/api/v1/topics/t/messages?limit=100"
            let ascending = try await relay.send(.GET, "\(path)&order=asc", token: token)
            #expect(ascending.messageIDs == ids)
            #expect(ascending.object["total"] as? Int == 40)
            #expect(ascending.object["next_cursor"] as? String == ids.last)
            #expect(ascending.header("transfer-encoding") == "chunked")
            let descending = try await relay.send(.GET, path, token: token)
            #expect(descending.messageIDs == ids.reversed())
            let some = try await relay.send(.GET, "/api/v1/topics/t/messages?limit=7&order=asc", token: token)
            #expect(some.messageIDs == Array(ids[..<7]))
            let few = try await relay.send(.GET, "/api/v1/topics/t/messages?limit=1", token: token)
            #expect(few.header("content-length") == "\(few.body.readableBytes)")
            let head = try await relay.send(.HEAD, "\(path)&order=asc", token: token)
            #expect(head.header("content-length") == "\(ascending.body.readableBytes)")
        }
    }

    @Test("the answers behind a long page come behind it, and HTTP/1.0 gets it until the connection closes")
    func pipelined() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let ids = try await self.fill(relay, token)
            let connection = try await RawConnection.open(relay.port)
            let request =
                "GET /api/v1/topics/t/messages?limit=40 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n"
            connection.send(request + "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let text = await connection.rest()
            let end = try #require(text.range(of: "\r\n0\r\n\r\nHTTP/1.1 200 OK"))
            #expect(text[end.upperBound...].contains("healthy"))
            #expect(text[..<end.lowerBound].contains(ids[0]))

            let old = try await RawConnection.open(relay.port)
            old.send(request.replacingOccurrences(of: "HTTP/1.1", with: "HTTP/1.0"))
            let page = await old.rest()
            let body = try #require(page.range(of: "\r\n\r\n").map { page[$0.upperBound...] })
            let json = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            #expect(json?["total"] as? Int == 40)
        }
    }

    @Test("clients that do not take their pages hold a part each", .timeLimit(.minutes(2)))
    func stalled() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            _ = try await self.fill(relay, token)
            var stalled: [RawConnection] = []
            for _ in 0..<60 {
                let connection = try await RawConnection.open(relay.port, reads: false)
                connection.request("GET", "/api/v1/topics/t/messages?limit=40", token: token)
                stalled.append(connection)
            }
            var held = 0
            var quiet = 0
            while quiet < 20 {
                let metrics = try await relay.send(.GET, "/metrics").text
                let line = metrics.split(separator: "\n").first {
                    $0.hasPrefix("relay_memory_bytes{account=\"answers\"}")
                }
                let now = try #require(line.flatMap { Int($0.split(separator: " ")[1]) })
                quiet = now > held ? 0 : quiet + 1
                held = max(held, now)
            }
            // Sixty pages are 144 MB.
            #expect(held < 60 * (400 << 10), "\(held)")
            try await stalled[0].startReading()
            #expect(await stalled[0].head()?.status == 200)
            for connection in stalled { connection.disconnect() }
        }
    }

    /// Each page in the way holds a message of 700 KB, so that two have room and the third has none.
    @Test("where memory runs short, those that don't take their pages are closed", .timeLimit(.minutes(2)))
    func short() async throws {
        try await withRelay {
            $0.memory.maxBytes = 2 << 20
            $0.memory.maxAnswerBytes = 1 << 40
            $0.memory.maxRequestBytes = 1 << 40
            $0.memory.maxWaitingBytes = 1 << 40
            $0.server.writeTimeout = .seconds(3_600)
            $0.server.peerTimeout = .seconds(3_600)
            $0.hotTier.maxMessagesPerTopic = 0
        } _: { relay in
            let token = try await relay.administratorToken
            let text = String(repeating: "x", count: 700_000)
            // More than the sockets between can hold.
            for number in 0..<20 { try await relay.publish("t", token: token, ["n": number, "text": text]) }
            var stalled: [RawConnection] = []
            for _ in 0..<3 {
                let connection = try await RawConnection.open(relay.port, reads: false)
                connection.request("GET", "/api/v1/topics/t/messages?limit=20", token: token)
                stalled.append(connection)
            }
            var closed = false
            while !closed {
                try Task.checkCancellation()
                // There may be no room even for this answer: then it says nothing.
                let metrics = try await relay.send(.GET, "/metrics").text
                closed = metrics.contains(/\nrelay_memory_closed_connections_total [1-9]/)
            }
            for connection in stalled { connection.disconnect() }
        }
    }
}
