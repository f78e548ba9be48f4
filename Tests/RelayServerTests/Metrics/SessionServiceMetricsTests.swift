import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// The names that the session service before this one had, and dashboards have: all of them are there, and each moves.
@Suite("Metrics of the session service", .timeLimit(.minutes(2)))
struct SessionServiceMetricsTests {
    /// Metrics that have a value other than zero once peers have done what these tests do. A histogram is named by its count.
    private static let names = [
        "pulsar_sessions_total", "pulsar_sessions_active", "pulsar_sessions_closed", "pulsar_sessions_closed_total",
        "pulsar_connections_total", "pulsar_connection_failures_total", "pulsar_p2p_success_ratio",
        "pulsar_relay_bytes_total", "pulsar_relay_connections_active", "pulsar_relay_bandwidth_usage_bytes_per_sec",
        "pulsar_hole_punch_attempts_total", "pulsar_hole_punch_success_total",
        "pulsar_hole_punch_duration_seconds_count", "pulsar_nat_type_detected_total", "pulsar_signaling_messages_total",
        "pulsar_rendezvous_latency_seconds_count", "pulsar_http_requests_total",
        "pulsar_http_request_duration_seconds_count", "pulsar_path_bytes_total", "pulsar_path_switches_total",
        "pulsar_path_current",
    ]

    /// Of each name, whether any of its series is not zero.
    private static func moved(_ text: String) -> Set<String> {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasSuffix(" 0") }
        return Set(lines.map { String($0.prefix { $0 != "{" && $0 != " " }) })
    }

    @Test("joins over sockets count among the requests about sessions")
    func socketJoins() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let client = try await stage.join("host")
            let line = #"pulsar_rendezvous_latency_seconds_count{operation="join"} 1"#
            let metrics = try await relay.metrics { $0.contains(line) }
            #expect(metrics.contains(line))
            client.disconnect()
        }
    }

    @Test("every name is there from the start or from its first event, and each one moves")
    func all() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let other = try await TestSession(relay, account: session.account)
            let guest = try await session.guest("guest")
            let ends = try await Self.tunnel(session, guest)
            try await Self.punch(session, guest)
            let messages: [(String?, [String: any Sendable])] = [
                (nil, ["type": "chat_message", "message": "hi"]), ("files", ["type": "request_file_manifest"]),
                ("files", ["type": "file_manifest"]), ("files", ["type": "files_chunk", "to_peer_id": "host"]),
                ("files", ["type": "file_changed"]), ("files", ["type": "project_tree_response"]),
                ("files", ["type": "file_chunk", "to_peer_id": "host"]), ("signal", ["type": "p2p_connection_request"]),
                ("signal", ["type": "p2p_connection_response"]), ("signal", ["type": "request_binary_proxy"]),
                ("signal", ["type": "binary_proxy_data", "sequence": 0]),
            ]
            for (part, payload) in messages {
                #expect(try await session.publish(payload, to: part, token: guest).status == 201, "\(payload)")
            }
            let third = try await session.guest("third")
            _ = third
            let kick = ["target_peer_id": "third"]
            #expect(try await relay.send(.POST, session.path + "/kick", token: session.host, json: kick).status == 204)
            for action in ["/close", "/leave"] {
                #expect(try await relay.send(.POST, other.path + action, token: other.host).status == 204)
            }
            let metrics = try await relay.metrics { text in
                Self.moved(text).isSuperset(of: Self.names)
            }
            // As the service before this one labels them.
            for type in [
                "received", "kick", "chat", "forwarded_to_host", "file_manifest", "files_chunk", "file_changed",
                "peer_joined", "peer_left", "p2p_request", "p2p_response", "binary_proxy_request", "binary_proxy_data",
                "project_tree", "file_chunk",
            ] {
                let line = #"pulsar_signaling_messages_total{message_type="\#(type)"} "#
                #expect(metrics.contains(line) && !metrics.contains(line + "0\n"), "\(type)")
            }
            #expect(metrics.contains(#"pulsar_http_requests_total{method="POST",path="/v1/sessions",status="2xx"} 2"#))
            #expect(metrics.contains(#"pulsar_path_switches_total{from="none",reason="opened",to="tunnel"} 1"#))
            #expect(metrics.contains(#"pulsar_path_switches_total{from="tunnel",reason="punched",to="direct_udp"} 1"#))
            #expect(metrics.contains(#"pulsar_path_bytes_total{direction="reported",mode="direct_udp"} 4096"#))
            try await Self.checkPaths(session, guest)
            for end in ends { end.connection.disconnect() }
        }
    }

    /// What the route says of the two peers' ways.
    private static func checkPaths(_ session: TestSession, _ guest: String) async throws {
        let reply = try await session.relay.send(.GET, session.path + "/paths", token: guest)
        #expect(reply.status == 200)
        let paths = try #require(reply.object["paths"] as? [[String: Any]])
        let path = try #require(paths.first)
        #expect(paths.count == 1 && path["peers"] as? [String] == ["guest", "host"])
        #expect(path["mode"] as? String == "direct_udp" && path["rtt_ms"] as? Int == 12)
        let usage = try #require(path["usage"] as? [[String: Any]])
        #expect(usage.map { $0["mode"] as? String } == ["direct_udp", "tunnel"])
        #expect(usage.map { $0["verified"] as? Bool } == [false, true])
        #expect(usage.map { $0["bytes"] as? [Int] } == [[4096, 0], [0, 5]])
        let stranger = try await session.relay.send(.GET, session.path + "/paths")
        #expect(stranger.status == 401)
    }

    /// Opens a tunnel between host and guest, and sends five bytes.
    private static func tunnel(_ session: TestSession, _ guest: String) async throws -> [TestWebSocket] {
        let relay = session.relay
        let path = session.path + "/tunnels"
        let made = try await relay.send(.POST, path, token: session.host, json: ["to_peer_id": "guest"])
        let id = try #require(made.object["tunnel_id"] as? String, "\(made)")
        #expect(try await relay.send(.POST, "\(path)/\(id)/accept", token: guest, json: [:]).status == 200)
        let first = try await TestWebSocket(port: relay.port, "/v1/tunnels/\(id)", token: session.host)
        let second = try await TestWebSocket(port: relay.port, "/v1/tunnels/\(id)", token: guest)
        first.send(0x82, ByteBuffer(string: "hello"))
        #expect(await second.next()?.payload == ByteBuffer(string: "hello"))
        return [first, second]
    }

    private static func punch(_ session: TestSession, _ guest: String) async throws {
        let (host, peer) = (["to_peer_id": "guest"], ["to_peer_id": "host"])
        func say(_ type: String, _ more: [String: any Sendable], _ token: String) async throws {
            let payload = ["type": type].merging(more) { $1 }
            #expect(try await session.publish(payload, to: "punch", token: token).status == 201)
        }
        try await say("punch_request", host, session.host)
        try await say("punch_request", peer.merging(["nat_type": "symmetric"]) { $1 }, guest)
        while try await !session.types("punch", token: guest).contains("punch_coord") {}
        let result: [String: any Sendable] = ["attempt": 1, "reached": true, "duration_ms": 9]
        try await say("punch_result", result.merging(peer) { $1 }, guest)
        _ = try await session.relay.metrics { $0.contains(#"to="direct_udp""#) }
        try await say("punch_result", result.merging(["reached": false]) { $1 }.merging(host) { $1 }, session.host)
        let report: [String: any Sendable] = ["mode": "direct_udp", "bytes_sent": 4096, "rtt_ms": 12]
        try await say("path_report", report.merging(peer) { $1 }, guest)
        _ = try await session.relay.metrics { $0.contains(#"mode="direct_udp"} 4096"#) }
    }
}
