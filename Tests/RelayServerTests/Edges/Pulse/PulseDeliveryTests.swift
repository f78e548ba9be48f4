import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import RelayWire
import Testing

@Suite("What Pulse's subscribers get, and what other clients get of Pulse", .timeLimit(.minutes(2)))
struct PulseDeliveryTests {
    @Test("messages come to all subscribers, the publisher too, with their event, and in their order")
    func order() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let (first, second) = (
                try await PulseClient(relay, token: token), try await PulseClient(relay, token: token)
            )
            defer { for client in [first, second] { client.disconnect() } }
            for client in [first, second] { _ = await client.subscribe("chat:room") }
            let frames = (0..<200).flatMap { number in
                PulseClient.frame(
                    "publish",
                    [
                        ("channel", .text("chat:room")), ("event", .text("n\(number)")),
                        ("payload", .bytes([UInt8(number)])),
                    ]
                )
            }
            first.send(bytes: frames)
            for client in [first, second] {
                let found = await client.deliveries(200)
                #expect(found.map { $0["event"]?.text } == (0..<200).map { "n\($0)" })
                #expect(found.map { $0["payload"]?.bytes } == (0..<200).map { [UInt8($0)] })
                #expect(found.allSatisfy { $0["channel"] == .text("chat:room") && $0["id"] == nil })
            }
        }
    }

    @Test("nothing that is published after the ack of an unsubscribe arrives, and a channel comes back whole")
    func unsubscribed() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await PulseClient(relay, token: token)
            defer { client.disconnect() }
            _ = await client.subscribe("a")
            #expect(summary(await client.unsubscribe("a")) == "ack 2")
            client.publish("a", .bytes([1]), id: 3)
            #expect(summary(await client.next()) == "ack 3")
            #expect(await client.isSilent())
            _ = await client.subscribe("a")
            client.publish("a", .bytes([2]))
            #expect(await client.next()?["payload"] == .bytes([2]))
        }
    }

    @Test("a channel with a plain name is that topic: objects are objects there, and other payloads base64")
    func plain() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await PulseClient(relay, token: token)
            let socket = try await TestWebSocket(relay, token: token)
            defer {
                client.disconnect()
                socket.connection.disconnect()
            }
            _ = try await socket.subscribe(["news"])
            _ = await client.subscribe("news")
            let object = #"{"n": 1, "s": "ü"}"#
            client.publish("news", .text(object), event: "made", id: 1)
            let seen = try #require(await socket.next("message"))
            #expect(seen.text.contains(#""payload":\#(object)"#), "\(seen.text)")
            #expect(seen.object["encoding"] == nil)
            #expect(seen.object["metadata"] as? [String: String] == ["event": "made"])
            client.publish("news", .bytes([0, 255]))
            let bytes = try #require(await socket.next("message")).object
            #expect(bytes["payload"] as? String == "AP8=" && bytes["encoding"] as? String == "base64")
            #expect(await client.deliveries(2).last?["payload"] == .bytes([0, 255]))

            try await relay.publish("news", token: token, ["from": "REST"])
            #expect(await client.next("publish")?["payload"] == .bytes(Array(#"{"from":"REST"}"#.utf8)))
            let poll = try await relay.poll(["news"], token: token, since: ["news": "0"])
            let messages = poll.object["messages"] as? [[String: Any]] ?? []
            #expect(messages.map { $0["encoding"] as? String } == [nil, "base64", nil])
        }
    }

    @Test("any other channel is the topic pulse/…, with grants, history and named readers like all plain topics")
    func escaped() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let channel = "private:room 1"
            let topic = try #require(PulseChannel.topic(ofChannel: channel))
            let path = "/api/v1/topics/\(topic.replacing("/", with: "%2F"))"
            let client = try await PulseClient(relay, token: admin)
            defer { client.disconnect() }
            client.publish(channel, .text(#"{"n":1}"#), id: 1)
            #expect(summary(await client.next()) == "ack 1")
            let shown = try await relay.send(.GET, path, token: admin)
            #expect(shown.status == 200 && shown.object["topic_name"] as? String == topic, "\(shown)")
            #expect(try await relay.send(.GET, path, token: alice.token).status == 403)
            let grant = try await relay.send(.POST, "\(path)/permissions", token: admin, json: ["user_id": alice.id])
            #expect(grant.status < 300, "\(grant)")
            let history = try await relay.send(.GET, "\(path)/messages", token: alice.token)
            #expect((history.object["messages"] as? [[String: Any]])?.first?["topic"] as? String == topic)
            let listed = try await relay.send(.GET, "/api/v1/topics", token: alice.token).list
            #expect(listed.map { $0["topic_name"] as? String } == [topic])

            let reader = try await PulseClient(relay, token: alice.token)
            defer { reader.disconnect() }
            #expect(summary(await reader.subscribe(channel)) == "ack 1")
            _ = try await relay.publish(topic, token: alice.token, ["n": 2])
            #expect(await reader.next("publish")?["channel"] == .text(channel))
            let socket = try await TestWebSocket(relay, token: alice.token)
            defer { socket.connection.disconnect() }
            try socket.send(
                json: ["type": "subscribe", "topics": [topic], "reader": "worker", "offset": "earliest"]
            )
            #expect(await socket.next("message")?.object["topic"] as? String == topic)
            // Each channel is called in one way.
            let other = try await relay.send(.GET, "/api/v1/topics/pulse%2Fnews", token: admin)
            #expect(other.status == 404 || other.status == 422)
        }
    }

    @Test("since goes on behind a message, or begins with the oldest")
    func since() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            var ids: [String] = []
            for number in 0..<5 { ids.append(try await relay.publish("a", token: token, ["n": number])) }
            let client = try await PulseClient(relay, token: token)
            defer { client.disconnect() }
            for (since, count) in [("0", 5), (ids[2], 2), (ids[4], 0)] {
                #expect(summary(await client.subscribe("a", since: since)) == "ack 1")
                let found = await client.deliveries(count)
                let texts = found.compactMap { $0["payload"]?.bytes.map { String(decoding: $0, as: UTF8.self) } }
                #expect(texts == (5 - count..<5).map { #"{"n":\#($0)}"# })
                #expect(await client.isSilent())
                _ = await client.unsubscribe("a")
            }
        }
    }

    @Test("a reader that does not read holds up nobody, and gets everything in the end")
    func slow() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let slow = try await PulseClient(relay, token: token)
            let writer = try await PulseClient(relay, token: token)
            defer { for client in [slow, writer] { client.disconnect() } }
            _ = await slow.subscribe("a")
            try await slow.socket.connection.channel.setOption(.autoRead, value: false).get()
            let payload = [UInt8](repeating: 9, count: 60_000)
            for number in 0..<400 {
                writer.publish("a", .bytes(payload), event: "\(number)", id: UInt64(number))
                try #require(summary(await writer.next()) == "ack \(number)")
            }
            try await slow.socket.connection.channel.setOption(.autoRead, value: true).get()
            let found = await slow.deliveries(400)
            #expect(found.map { $0["event"]?.text } == (0..<400).map { "\($0)" })
        }
    }

    @Test("two relays on one store serve one channel")
    func twoRelays() async throws {
        try await withTwoRelays { here, there in
            let token = try await here.administratorToken
            let reader = try await PulseClient(there, token: token)
            let writer = try await PulseClient(here, token: token)
            defer { for client in [reader, writer] { client.disconnect() } }
            #expect(summary(await reader.subscribe("chat:room")) == "ack 1")
            for number in 0..<20 {
                writer.publish("chat:room", .bytes([UInt8(number)]), id: UInt64(number))
                #expect(summary(await writer.next()) == "ack \(number)")
            }
            #expect(await reader.deliveries(20).map { $0["payload"]?.bytes } == (0..<20).map { [UInt8($0)] })
        }
    }
}
