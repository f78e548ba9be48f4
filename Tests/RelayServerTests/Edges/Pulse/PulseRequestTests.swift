import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("What Pulse's requests are answered", .timeLimit(.minutes(2)))
struct PulseRequestTests {
    @Test("subscribe: good, bad names, twice, too many, and not allowed")
    func subscribe() async throws {
        try await withRelay {
            $0.pulse.maxSubscriptions = 3
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            try await relay.publish("secret", token: admin)
            let client = try await PulseClient(relay, token: alice.token)
            defer { client.disconnect() }
            let long = String(repeating: "é", count: 1) + String(repeating: "x", count: 10)
            let longest = String(repeating: ":", count: 256)
            for (id, channel, answer) in [
                (0, "chat:room one", "ack 0"), (2, "chat:room one", "error 2 1009"), (3, "", "error 3 1002"),
                (4, "$system", "error 4 1002"), (5, long, "error 5 1002"), (6, "a\tb", "error 6 1002"),
                (7, longest + ":", "error 7 1002"), (.max, longest, "ack \(UInt64.max)"),
                (8, "secret", "error 8 1004"), (9, "third", "ack 9"), (10, "fourth", "error 10 1006"),
                (10, "third", "error 10 1009"),
            ] as [(UInt64, String, String)] {
                #expect(summary(await client.subscribe(channel, id: id)) == answer, "\(channel)")
            }
            // The connection stays, and there is a place again.
            #expect(summary(await client.unsubscribe("third")) == "ack 2")
            #expect(summary(await client.subscribe("fourth", id: 11)) == "ack 11")
        }
    }

    @Test("unsubscribe: subscribed, and not")
    func unsubscribe() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            #expect(summary(await client.unsubscribe("news", id: 1)) == "error 1 1008")
            _ = await client.subscribe("news")
            #expect(summary(await client.unsubscribe("news", id: 2)) == "ack 2")
            #expect(summary(await client.unsubscribe("news", id: 3)) == "error 3 1008")
            #expect(summary(await client.unsubscribe("$", id: 4)) == "error 4 1008")
        }
    }

    @Test("publish: acked with an id, silent without; too large, forbidden and badly named ones are not delivered")
    func publish() async throws {
        try await withRelay {
            $0.pulse.maxMessageBytes = 100
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let open = ["topic_name": "news", "is_public": true] as [String: any Sendable]
            _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: open)
            let reader = try await PulseClient(relay, token: alice.token)
            let writer = try await PulseClient(relay, token: admin)
            defer { for client in [reader, writer] { client.disconnect() } }
            _ = await reader.subscribe("news")
            let most = [UInt8](repeating: 7, count: 100)
            writer.publish("news", .bytes(most + [7]), id: 1)
            #expect(summary(await writer.next()) == "error 1 1007")
            writer.publish("$news", .bytes([1]), id: 2)
            #expect(summary(await writer.next()) == "error 2 1002")
            writer.publish("news", .bytes(most + [7]))
            writer.publish("news", .bytes([1]), event: String(repeating: "e", count: 1_025), id: 2)
            #expect(summary(await writer.next()) == "error 2 1007")
            writer.publish("nobody is there", .bytes([1]), id: 3)
            #expect(summary(await writer.next()) == "ack 3")
            reader.publish("news", .bytes([1]), id: 4)
            #expect(summary(await reader.next()) == "error 4 1004")
            reader.publish("news", .bytes([1]))
            writer.publish("news", .bytes(most), id: 70_000)
            #expect(summary(await writer.next()) == "ack 70000")
            let delivery = try #require(await reader.next())
            #expect(
                delivery == .map([("type", .text("publish")), ("channel", .text("news")), ("payload", .bytes(most))])
            )
            writer.publish("news", .bytes([2]))
            #expect(await reader.next()?["payload"] == .bytes([2]))
        }
    }

    @Test("ping is answered with its timestamp or none; pongs and a server's frames are nothing")
    func pings() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            for timestamp in [UInt64.max, 0, 1_700_000_000_000] {
                client.send("ping", [("timestamp", .number(timestamp))])
                #expect(await client.next() == .map([("type", .text("pong")), ("timestamp", .number(timestamp))]))
            }
            client.send("ping", [("timestamp", .null)])
            #expect(await client.next() == .map([("type", .text("pong"))]))
            client.send("pong")
            client.send("ack", [("id", .number(1))])
            client.send("connected")
            #expect(await client.isSilent())
        }
    }

    @Test("presence is not allowed where the configuration has it off")
    func presence() async throws {
        try await withRelay {
            $0.pulse.presence = .off
        } _: { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            func ask(_ channel: String) async -> String {
                client.send("presence", [("id", .number(6)), ("channel", .text(channel)), ("action", .number(3))])
                return summary(await client.next())
            }
            #expect(await ask("$") == "error 6 1002")
            #expect(await ask("presence:news") == "error 6 1008")
            _ = await client.subscribe("presence:news")
            #expect(await ask("presence:news") == "error 6 1004")
        }
    }

    @Test("the documented numbers of types, texts as bytes, arrays of bytes and unknown members are understood")
    func leniency() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            func send(_ members: [(String, PulseValue)]) {
                let body = PulseValue.map(members).packed
                client.send(bytes: PulseValue.big(UInt32(body.count)) + body)
            }
            send([
                ("channel", .bytes(Array("a".utf8))), ("id", .number(1)), ("type", .number(1)), ("x", .array([.null])),
            ])
            #expect(summary(await client.next()) == "ack 1")
            send([("type", .number(3)), ("channel", .text("a")), ("payload", .array([.number(1), .number(255)]))])
            #expect(await client.next()?["payload"] == .bytes([1, 255]))
            client.publish("a", .text("Grüße"))
            #expect(await client.next()?["payload"] == .bytes(Array("Grüße".utf8)))
            send([("type", .number(2)), ("channel", .text("a")), ("id", .number(5))])
            #expect(summary(await client.next()) == "ack 5")
        }
    }

    @Test("a topic that is deleted ends the subscription with 1005, and access that is withdrawn with 1004")
    func ended() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            for name in ["a", "b"] {
                let body = ["topic_name": name, "is_public": true] as [String: any Sendable]
                _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: body)
            }
            let client = try await PulseClient(relay, token: alice.token)
            defer { client.disconnect() }
            for name in ["a", "b"] { _ = await client.subscribe(name) }
            #expect(try await relay.send(.DELETE, "/api/v1/topics/a", token: admin).status < 300)
            #expect(summary(await client.next()) == "error 0 1005")
            _ = try await relay.send(.PUT, "/api/v1/topics/b", token: admin, json: ["is_public": false])
            #expect(summary(await client.next()) == "error 0 1004")
            #expect(summary(await client.unsubscribe("a", id: 7)) == "error 7 1008")
            #expect(summary(await client.subscribe("a", id: 8)) == "ack 8")
        }
    }
}
