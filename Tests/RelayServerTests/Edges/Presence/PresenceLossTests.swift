import Foundation
import NIOHTTP1
import RelayWire
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("Presence that ends by something else than its clients", .timeLimit(.minutes(1)))
struct PresenceLossTests {
    /// The topic of a presence, as the relay has it loaded.
    private func part(_ name: String, _ parts: RelayParts) throws -> Topic {
        let key = try #require(parts.broker.residentTopics.first { $0.name.rawValue == "presence/" + name })
        return try #require(parts.broker.residentTopic(key))
    }

    private func discard(_ name: String, _ parts: RelayParts) throws {
        try self.part(name, parts).discard(since: StoreError(.unavailable, "a test has it so"))
    }

    /// Has a look at a topic wait, once it has been waited for, until it is let go.
    private struct Hold {
        private let arrivals: AsyncStream<Void>
        private let release: AsyncStream<Void>.Continuation

        init(_ store: WatchedStore, of topic: String) {
            let (arrivals, arrival) = AsyncStream<Void>.makeStream()
            let (ends, end) = AsyncStream<Void>.makeStream()
            (self.arrivals, self.release) = (arrivals, end)
            store.beforeLooks { look in
                guard case .topic(let key) = look, key.name.rawValue == topic else { return }
                arrival.yield()
                for await _ in ends {}
            }
        }

        func arrived() async { _ = await self.arrivals.first { _ in true } }

        func end() { self.release.finish() }
    }

    @Test("where the store fails it, a client of Pulse's is told so, and connects again")
    func failedChannel() async throws {
        try await withRelay(over: WatchedStore()) { relay, parts in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            #expect(summary(await client.subscribe("presence:room")) == "ack 1")
            try self.discard("pulse/presence_3aroom", parts)
            #expect(summary(await client.next()) == "error 0 1011")
            #expect(await client.next() == nil && client.closeCode == 1_011)
        }
    }

    @Test("where the store fails it, a WebSocket is closed, and a poll is answered so")
    func failedWatch() async throws {
        try await withRelay(over: WatchedStore()) { relay, parts in
            let admin = try await relay.administratorToken
            try await relay.publish("room", token: admin)
            let socket = try await TestWebSocket(relay, token: admin)
            _ = try await socket.subscribe(["elsewhere"])
            var view = PresenceView()
            try socket.presence("watch", "room")
            try await socket.watch(&view) { $0.syncs == 1 }
            let body: [String: Any] = ["presence": ["room": try #require(view.cursor)], "timeout": 60]
            async let poll = relay.send(.POST, "/messages/poll", token: admin, json: body)
            try await relay.untilWaiters(1, token: admin)
            try self.discard("room", parts)
            #expect(try await poll.status == 503)
            #expect(await socket.next()?.closeCode == 1_011)
        }
    }

    @Test("a poll whose presence the store fails before it begins to wait is answered so")
    func failedBeforePoll() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, parts in
            let admin = try await relay.administratorToken
            try await relay.publish("room", token: admin)
            let hold = Hold(store, of: "other")
            let body: [String: Any] = ["presence": ["room": NSNull()], "topics": ["other"], "timeout": 60]
            async let poll = relay.send(.POST, "/messages/poll", token: admin, json: body)
            await hold.arrived()
            try self.discard("room", parts)
            hold.end()
            #expect(try await poll.status == 503)
        }
    }

    @Test("a poll that may not read a topic any more does not tell who was there before")
    func withdrawnBeforePoll() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, _ in
            let admin = try await relay.administratorToken
            let bob = try await relay.makeUser("bob", by: admin)
            try await relay.publish("room", token: admin)
            let path = "/api/v1/topics/room/permissions"
            let granted = try await relay.send(.POST, path, token: admin, json: ["user_id": bob.id])
            #expect(granted.status == 201)
            let hold = Hold(store, of: "other")
            let body: [String: Any] = ["presence": ["room": NSNull()], "topics": ["other"], "timeout": 1]
            async let poll = relay.send(.POST, "/messages/poll", token: bob.token, json: body)
            await hold.arrived()
            #expect(try await relay.send(.DELETE, "\(path)/\(bob.id)", token: admin).status == 204)
            hold.end()
            let answer = try await poll
            #expect(answer.status == 200 && answer.object["presence"] == nil, "\(answer)")
        }
    }

    @Test("a channel that ends while its presence is being read is not acknowledged")
    func endedSubscription() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, parts in
            let admin = try await relay.administratorToken
            let topic = "pulse/presence_3aroom"
            try await relay.publish(topic, token: admin)
            let root = try #require(parts.broker.residentTopics.first { $0.name.rawValue == topic })
            let part = TopicKey(name: TopicName(path: "presence/" + topic), namespace: root.namespace)
            store.holdReads(of: part)
            let client = try await PulseClient(relay, token: admin)
            defer { client.disconnect() }
            client.send("subscribe", [("id", .number(1)), ("channel", .text("presence:room"))])
            while !store.looks.contains(.messages(part)) { try await Task.sleep(for: .milliseconds(1)) }
            #expect(
                try await relay.send(.DELETE, "/api/v1/topics/pulse%2Fpresence_3aroom", token: admin).status == 204
            )
            let told = [summary(await client.next()), summary(await client.next())]
            #expect(told.contains("error 1 1008"), "\(told)")
            store.holdReads(of: nil)
            #expect(await client.isSilent())
            // The connection goes on, also with that channel.
            #expect(summary(await client.subscribe("presence:room", id: 5)) == "ack 5")
        }
    }
}
