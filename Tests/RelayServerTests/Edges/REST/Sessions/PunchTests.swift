import Foundation
import NIOCore
import NIOHTTP1
import ProgramFixture
import RelayServer
import RelayWire
import Testing

@testable import RelayServer

@Suite("Peers that the relay lets meet, over publish and poll alone", .timeLimit(.minutes(2)))
struct PunchTests {
    private static let candidate: [String: any Sendable] = ["ip": "198.51.100.7", "port": 9, "candidate_type": "srflx"]
    private static let asking: [String: any Sendable] = ["type": "punch_request", "candidates": [Self.candidate]]

    private static func ask(_ session: TestSession, _ other: String, token: String, on relay: TestRelay? = nil)
        async throws
    {
        let payload = Self.asking.merging(["to_peer_id": other]) { $1 }
        let body: [String: Any] = ["topic": session.topic("punch"), "payload": payload]
        let told = try await (relay ?? session.relay).send(.POST, "/api/v1/messages", token: token, json: body)
        try #require(told.status == 201, "\(told)")
    }

    /// What the relay has told the peer on the punch topic, once there are so many.
    private static func told(
        _ session: TestSession,
        token: String,
        type: String = "punch_coord",
        count: Int = 1,
        on relay: TestRelay? = nil
    ) async throws -> [[String: Any]] {
        let topic = session.topic("punch")
        while true {
            let body: [String: Any] = ["topics": [topic], "since": [topic: "0-0"], "timeout": 1]
            let poll = try await (relay ?? session.relay).send(.POST, "/messages/poll", token: token, json: body)
            let messages = poll.object["messages"] as? [[String: Any]] ?? []
            let found = messages.filter { $0["sender"] == nil }.compactMap { $0["payload"] as? [String: Any] }
                .filter { $0["type"] as? String == type }
            if found.count >= count { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test(
        "private addresses are told to who has joined from the same public address, and not to who claims it",
        arguments: [false, true]
    )
    func neighbours(overSockets: Bool) async throws {
        try await withRelay {
            $0.server.trustForwardedFor = true
            $0.server.trustedProxies = [IPNetwork("127.0.0.1")].compactMap(\.self)
        } _: { relay in
            let account = try await relay.administratorToken
            let session = try await TestSession(relay, account: account)
            var sockets: [SignalingClient] = []
            func join(_ peer: String, from address: String) async throws -> String {
                if overSockets {
                    let fields = ["X-Forwarded-For: \(address)"]
                    let client = try await SignalingClient(relay, token: account, fields: fields)
                    sockets.append(client)
                    try await client.join(session.id, peer, try await session.invite([:]))
                    return try #require(client.joined["join_token"] as? String)
                }
                let joined = try await relay.send(
                    .POST,
                    session.path + "/join",
                    headers: [("content-type", "application/json"), ("x-forwarded-for", address)],
                    body: #"{"peer_id":"\#(peer)","join_token":"\#(try await session.invite([:]))"}"#
                )
                return try #require(joined.object["ticket"] as? String, "\(joined)")
            }
            let own = try await join("own", from: "198.51.100.7")
            for (peer, address, count) in [("near", "198.51.100.7", 2), ("far", "198.51.100.8", 1)] {
                let other = try await join(peer, from: address)
                let candidates: [[String: any Sendable]] = [
                    ["ip": "10.0.0.2", "port": 9, "candidate_type": "host"],
                    ["ip": "198.51.100.7", "port": 9, "candidate_type": "srflx"],
                ]
                for (token, to) in [(own, peer), (other, "own")] {
                    let request: [String: any Sendable] = [
                        "type": "punch_request", "to_peer_id": to, "candidates": candidates,
                    ]
                    #expect(try await session.publish(request, to: "punch", token: token).status == 201)
                }
                var told: [[String: Any]] = []
                while told.isEmpty {
                    told = try await session.seen("punch", token: other).compactMap { $0["payload"] as? [String: Any] }
                        .filter { $0["type"] as? String == "punch_coord" }
                }
                #expect((told[0]["candidates"] as? [Any])?.count == count, "\(peer): \(told)")
            }
            for client in sockets { client.disconnect() }
        }
    }

    @Test("both ask, both are told the other's place, one start and a token of their own, and the result is counted")
    func meeting() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.peerPort.bind = HostPort(host: "127.0.0.1", port: port)
            $0.peerPort.alternatePort = 0
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest", role: "observer")
            try await Self.ask(session, "guest", token: session.host)
            #expect(try await session.types("punch", token: guest) == ["punch_request"])
            try await Self.ask(session, "host", token: guest)
            let first = try await Self.told(session, token: session.host)
            let second = try await Self.told(session, token: guest)
            #expect(first.count == 1 && second.count == 1)
            #expect(first[0]["peer_id"] as? String == "guest" && second[0]["peer_id"] as? String == "host")
            #expect(first[0]["role"] as? String == "controlled" && second[0]["role"] as? String == "controlling")
            #expect(first[0]["start_ts_ms"] as? Int64 == second[0]["start_ts_ms"] as? Int64)
            #expect((first[0]["candidates"] as? [[String: Any]])?.first?["ip"] as? String == "198.51.100.7")
            let tokens = [first, second].compactMap { $0[0]["token"] as? String }
            #expect(Set(tokens).count == 2 && tokens.allSatisfy { $0.utf8.count == 43 })
            // The port knows the tokens, for this session and no other.
            let target = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            for (id, isGood) in [(session.id, true), ("another", false)] {
                var request = ByteBuffer()
                ReferencePacket(.punchRequest(token: tokens[0], session: id), width: .variable).write(into: &request)
                var probe = ByteBuffer()
                ReferencePacket(.probe(sequence: 7), width: .variable).write(into: &probe)
                let (_, answers) = try await TestDatagramListener.exchange(
                    [request, probe],
                    to: target,
                    count: isGood ? 2 : 1
                )
                let acknowledged = answers.contains { $0.data.getInteger(at: $0.data.readerIndex, as: UInt8.self) == 1 }
                #expect(acknowledged == isGood)
            }
            for (peer, token, more) in [("host", guest, "udp"), ("guest", session.host, "tcp")] {
                let result: [String: any Sendable] = [
                    "type": "punch_result", "to_peer_id": peer, "attempt": 1, "reached": true, "transport": more,
                    "duration_ms": 70, "nat_type": "full_cone",
                ]
                for _ in 0..<2 { #expect(try await session.publish(result, to: "punch", token: token).status == 201) }
            }
            let metrics = try await relay.metrics {
                $0.contains(#"pulsar_hole_punch_success_total{nat_type="full_cone"} 2"#)
            }
            for line in [
                #"pulsar_hole_punch_attempts_total{nat_type="unknown"} 2"#, "pulsar_p2p_success_ratio 1",
                #"pulsar_hole_punch_duration_seconds_bucket{nat_type="full_cone",le="0.1"} 2"#,
                #"pulsar_nat_type_detected_total{nat_type="full_cone"} 2"#,
                #"pulsar_connections_total{proto="udp",type="p2p"} 1"#,
                #"pulsar_connections_total{proto="tcp",type="simultaneous"} 1"#,
            ] {
                #expect(metrics.contains(line), "\(line)")
            }
            let paths = try await relay.send(.GET, session.path + "/paths", token: guest)
            #expect(paths.object["nat_types"] as? [String: String] == ["guest": "full_cone", "host": "full_cone"])
        }
    }

    @Test("a token is good at the port of every relay on the store, whichever gave it out")
    func tokensOfTwoRelays() async throws {
        let ports = [try await freePort(), try await freePort()]
        try await withTwoRelays { configuration, place in
            configuration.peerPort.bind = HostPort(host: "127.0.0.1", port: ports[place])
            configuration.peerPort.alternatePort = 0
        } _: { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            let guest = try await session.guest("guest")
            try await Self.ask(session, "guest", token: session.host, on: first)
            // This request makes the second relay tell both.
            try await Self.ask(session, "host", token: guest, on: second)
            let told = try await Self.told(session, token: session.host, on: first)
            let token = try #require(told[0]["token"] as? String)
            for port in ports {
                var request = ByteBuffer()
                ReferencePacket(.punchRequest(token: token, session: session.id), width: .variable).write(
                    into: &request
                )
                let target = try SocketAddress(ipAddress: "127.0.0.1", port: port)
                let (_, answers) = try await TestDatagramListener.exchange([request], to: target, count: 1)
                #expect(answers.first?.data.getInteger(at: answers[0].data.readerIndex, as: UInt8.self) == 1)
            }
        }
    }

    @Test("of two relays on one store one tells the two peers, once, wherever they ask")
    func twoRelays() async throws {
        try await withTwoRelays { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            let guest = try await session.guest("guest")
            for attempt in 1...3 {
                async let one: Void = Self.ask(session, "guest", token: session.host, on: first)
                async let other: Void = Self.ask(session, "host", token: guest, on: second)
                _ = try await (one, other)
                let host = try await Self.told(session, token: session.host, count: attempt, on: second)
                let told = try await Self.told(session, token: guest, count: attempt, on: first)
                #expect(host.count == attempt && told.count == attempt)
                #expect(host.last?["attempt"] as? Int == attempt)
            }
        }
    }

    @Test("nothing is said on the punch topic that is not for it, or not as it has to be")
    func refused() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            _ = try await session.guest("guest")
            let bad: [[String: any Sendable]] = [
                ["type": "punch_request"], ["type": "punch_coord", "to_peer_id": "guest"],
                ["type": "punch_request", "to_peer_id": "nobody"],
                ["type": "offer", "to_peer_id": "guest", "sdp": "x"],
                ["type": "punch_request", "to_peer_id": "guest", "candidates": ["candidate:x"]],
                [
                    "type": "punch_request", "to_peer_id": "guest",
                    "candidates": (0..<33).map { ["ip": "1.1.1.1", "port": $0 + 1] as [String: any Sendable] },
                ],
                ["type": "punch_result", "to_peer_id": "guest", "attempt": 0, "reached": true],
                ["type": "path_report", "to_peer_id": "guest", "mode": "x"],
            ]
            for payload in bad {
                let told = try await session.publish(payload, to: "punch", token: session.host)
                #expect(told.status == 422, "\(payload): \(told)")
            }
        }
    }

    @Test("it coordinates: pairing, exchange of places, and one start")
    func coordinates() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let (a, b) = (try await session.guest("a"), try await session.guest("b"))
            // What is for another pair changes nothing.
            try await Self.ask(session, "host", token: a)
            try await Self.ask(session, "b", token: a)
            try await Self.ask(session, "a", token: b)
            #expect(try await Self.told(session, token: a).map { $0["peer_id"] as? String } == ["b"])
            #expect(try await Self.told(session, token: b).map { $0["peer_id"] as? String } == ["a"])
            #expect(try await !session.types("punch", token: session.host).contains("punch_coord"))
        }
    }

    @Test("programs of the older kind meet by a connection request and its response")
    func connections() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest")
            for (type, token, port) in [("request", session.host, 5), ("response", guest, 6)] {
                let payload: [String: any Sendable] = [
                    "type": "p2p_connection_\(type)", "public_ip": "198.51.100.7", "public_port": port,
                ]
                #expect(try await session.publish(payload, to: "signal", token: token).status == 201)
            }
            let told = try await Self.told(session, token: session.host)
            let places = told[0]["candidates"] as? [[String: Any]]
            #expect(places?.map { $0["port"] as? Int } == [6])
        }
    }
}

extension TestRelay {
    /// The metrics, once they are as expected.
    func metrics(_ isExpected: (String) -> Bool) async throws -> String {
        while true {
            let text = try await self.send(.GET, "/metrics").text
            if isExpected(text) { return text }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
