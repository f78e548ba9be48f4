import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("Ways that peers take, on two relays", .timeLimit(.minutes(2)))
struct SharedPathTests {
    /// A tunnel whose two ends come to one relay.
    private static func tunnel(_ session: TestSession, _ guest: String, on relay: TestRelay) async throws
        -> [TestWebSocket]
    {
        let path = session.path + "/tunnels"
        let made = try await relay.send(.POST, path, token: session.host, json: ["to_peer_id": "guest"])
        let tunnel = try #require(made.object["tunnel_id"] as? String, "\(made)")
        let accepted = try await relay.send(.POST, "\(path)/\(tunnel)/accept", token: guest, json: [:])
        try #require(accepted.status == 200, "\(accepted)")
        var ends: [TestWebSocket] = []
        for token in [session.host, guest] {
            ends.append(try await TestWebSocket(port: relay.port, "/v1/tunnels/\(tunnel)", token: token))
        }
        return ends
    }

    private static func carry(_ count: Int, over ends: [TestWebSocket]) async throws {
        let bytes = ByteBuffer(repeating: 7, count: count)
        try await ends[0].connection.channel.writeAndFlush(TestWebSocket.plainFrame(bytes)).get()
        var received = 0
        while received < count { received += try #require(await ends[1].next()).payload.readableBytes }
    }

    /// What a relay answers, once it is as it should be.
    private static func expectPath(
        _ session: TestSession,
        on relay: TestRelay,
        mode: String?,
        _ usage: [String: [Int]]
    ) async throws {
        var last = ""
        let deadline = ContinuousClock.now + .seconds(40)
        while ContinuousClock.now < deadline {
            let reply = try await relay.send(.GET, session.path + "/paths", token: session.host)
            last = reply.text
            let path = (reply.object["paths"] as? [[String: Any]])?.first
            let usages = (path?["usage"] as? [[String: Any]] ?? []).map {
                ($0["mode"] as? String ?? "", $0["bytes"] as? [Int] ?? [])
            }
            let isRight = path?["mode"] as? String == mode && Dictionary(usages, uniquingKeysWith: { $1 }) == usage
            if path != nil, isRight { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(mode ?? "none"), \(usage): \(last)")
    }

    @Test("each relay answers with what both have carried and heard, and says so to no peer")
    func together() async throws {
        try await withTwoRelays { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            let guest = try await session.guest("guest")
            let here = try await Self.tunnel(session, guest, on: first)
            let there = try await Self.tunnel(session, guest, on: second)
            try await Self.carry(1000, over: here)
            try await Self.carry(500, over: there)
            for relay in [first, second] {
                try await Self.expectPath(session, on: relay, mode: "tunnel", ["tunnel": [0, 1500]])
            }
            // Each hears of one word, and both know the newer.
            for (relay, sent) in [(first, 40), (second, 44)] {
                let report: [String: any Sendable] = [
                    "type": "path_report", "to_peer_id": "guest", "mode": "direct_udp", "bytes_sent": sent,
                ]
                let body: [String: Any] = ["topic": session.topic("punch"), "payload": report]
                let told = try await relay.send(.POST, "/api/v1/messages", token: session.host, json: body)
                try #require(told.status == 201, "\(told)")
                let usage = ["tunnel": [0, 1500], "direct_udp": [0, sent]]
                for relay in [first, second] {
                    try await Self.expectPath(session, on: relay, mode: "direct_udp", usage)
                }
            }
            try await Self.carry(3, over: there)
            try await Self.expectPath(
                session,
                on: first,
                mode: "direct_udp",
                ["tunnel": [0, 1503], "direct_udp": [0, 44]]
            )
            #expect(try await session.types("presence", token: guest) == [])
            for end in here + there { end.connection.disconnect() }
        }
    }
}
