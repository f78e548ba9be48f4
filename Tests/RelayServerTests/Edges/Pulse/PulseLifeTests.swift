import Foundation
import NIOCore
import NIOHTTP1
import ProgramFixture
import RelayServer
import RelayWire
import Testing

@Suite("A Pulse connection's heartbeat, end, port and metrics", .timeLimit(.minutes(2)))
struct PulseLifeTests {
    @Test("a silent client is pinged after the interval, with the time, and closed after the timeout")
    func heartbeat() async throws {
        try await withRelay {
            $0.pulse.heartbeat = .seconds(1)
            $0.pulse.timeout = .seconds(3)
        } _: { relay in
            let token = try await relay.administratorToken
            let start = ContinuousClock.now
            let client = try await PulseClient(relay, token: token)
            // Frames of this WebSocket are read by hand: nothing is answered.
            var frames: [(opcode: UInt8, bytes: ByteBuffer)] = []
            while let head = await client.socket.connection.take(2) {
                let bytes = head.getBytes(at: head.readerIndex, length: 2) ?? []
                guard let body = await client.socket.connection.take(Int(bytes[1])) else { break }
                frames.append((bytes[0] & 0xF, body))
                if bytes[0] & 0xF == 8 { break }
            }
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= .milliseconds(2_900) && elapsed < .seconds(20), "\(elapsed)")
            let pings = frames.filter { $0.opcode == 2 }.compactMap { frame in
                PulseValue(Array(frame.bytes.readableBytesView.dropFirst(4)))
            }
            #expect(!pings.isEmpty && pings.allSatisfy { $0["type"] == .text("ping") })
            let now = UInt64(Date().timeIntervalSince1970 * 1_000)
            #expect(pings.allSatisfy { abs(Int64($0["timestamp"]?.number ?? 0) - Int64(now)) < 60_000 })
            #expect(frames.last?.opcode == 8)
            client.disconnect()
        }
    }

    @Test("a client that answers stays, also where all that it says is pongs")
    func alive() async throws {
        try await withRelay {
            $0.pulse.heartbeat = .seconds(1)
            $0.pulse.timeout = .seconds(12)
        } _: { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            var pings = 0
            while pings < 4, let frame = await client.nextOfAnyType() {
                guard frame["type"] == .text("ping") else { continue }
                pings += 1
                client.send("pong", [("timestamp", frame["timestamp"] ?? .null)])
            }
            #expect(pings == 4)
            #expect(summary(await client.subscribe("a")) == "ack 1")
        }
    }

    @Test("who is told that the relay stops is told 1010 first")
    func draining() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            _ = await client.subscribe("a")
            await relay.shutDown()
            #expect(summary(await client.next()) == "error 0 1010")
            #expect(await client.next() == nil && client.closeCode == 1001)
        }
    }

    @Test("a port of its own has the WebSocket and health where Pulse's clients look, and nothing else")
    func ownPort() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.pulse.port = port
        } _: { relay in
            let token = try await relay.administratorToken
            let client = try await PulseClient(port: port, "/ws", token: token)
            defer { client.disconnect() }
            let other = try await PulseClient(relay, token: token)
            defer { other.disconnect() }
            #expect(summary(await client.subscribe("a")) == "ack 1")
            other.publish("a", .bytes([1]))
            #expect(await client.next()?["payload"] == .bytes([1]))
            let own = TestRelay(port: port, http: relay.http, shutDown: {})
            let health = try await own.send(.GET, "/health")
            #expect(health.status == 200 && health.text == #"{"status":"ok","version":"\#(RelayVersion.current)"}"#)
            #expect(health.headers.first(name: "content-type")?.hasPrefix("application/json") == true)
            for path in ["/", "/pulse", "/metrics", "/api/v1/topics"] {
                #expect(try await own.send(.GET, path, token: token).status == 404)
            }
        }
    }

    private static func sample(_ text: String, _ name: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }

    @Test("every metric of the engine's is there by its name, and true")
    func metrics() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await PulseClient(relay, token: token)
            _ = await client.subscribe("a:b")
            let frame = PulseClient.frame(
                "publish",
                [("id", .number(3)), ("channel", .text("a:b")), ("payload", .bytes([1, 2, 3]))]
            )
            client.send(bytes: frame)
            for _ in 0..<2 { _ = await client.next() }
            _ = await client.unsubscribe("nothing", id: 4)
            client.publish("$", .bytes([1]))
            #expect(await client.isSilent())
            let text = try await relay.send(.GET, "/metrics").text
            func value(_ name: String) -> Double? { Self.sample(text, name) }
            #expect(value("pulse_connections_total") == 1 && value("pulse_connections_active") == 1)
            #expect(value("pulse_channels_active") == 1 && value("pulse_subscriptions_total") == 1)
            #expect(value(#"pulse_messages_total{direction="inbound"}"#) == 5)
            #expect(value(#"pulse_messages_total{direction="outbound"}"#) == 5)
            #expect(value(#"pulse_messages_total{direction="broadcast"}"#) == 1)
            #expect(value(#"pulse_messages_bytes{direction="inbound"}"#) ?? 0 >= Double(frame.count))
            #expect(value(#"pulse_messages_bytes{direction="broadcast"}"#) ?? 0 > 3)
            #expect(value(#"pulse_errors_total{type="not_subscribed"}"#) == 1)
            #expect(value(#"pulse_errors_total{type="invalid_channel"}"#) == 1)
            // The subscription, the publish and the ping.
            #expect(value("pulse_latency_seconds_count") == 3)
            client.disconnect()
            var later = text
            while Self.sample(later, "pulse_connections_active") != 0
                || Self.sample(later, "pulse_channels_active") != 0
            {
                try Task.checkCancellation()
                later = try await relay.send(.GET, "/metrics").text
            }
        }
    }

    @Test("administrators see what a connection is")
    func facts() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let client = try await PulseClient(relay, token: admin)
            defer { client.disconnect() }
            _ = await client.subscribe("a")
            let listed = try await relay.send(.GET, "/api/v1/admin/connections", token: admin)
            let found = listed.list.filter { $0["kind"] as? String == "pulse" }
            #expect(found.count == 1 && found.first?["topics"] as? Int == 1, "\(listed)")
        }
    }
}
