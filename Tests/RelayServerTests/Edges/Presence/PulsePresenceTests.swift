import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Presence over Pulse", .timeLimit(.minutes(2)))
struct PulsePresenceTests {
    private enum Action: UInt64 {
        case join = 0
        case leave = 1
        case update = 2
        case sync = 3
    }

    private func send(
        _ client: PulseClient,
        _ action: Action,
        _ channel: String,
        _ data: PulseValue? = nil,
        id: UInt64 = 7
    ) {
        let members: [(String, PulseValue)] = [
            ("id", .number(id)), ("channel", .text(channel)), ("action", .number(action.rawValue)),
        ]
        client.send("presence", members + (data.map { [("data", $0)] } ?? []))
    }

    /// Sends, and tells what the next frame is.
    private func ask(
        _ client: PulseClient,
        _ action: Action,
        _ channel: String,
        _ data: PulseValue? = nil
    ) async -> String {
        self.send(client, action, channel, data)
        return summary(await client.next())
    }

    /// A frame about one member, which no request has asked for.
    private func state(_ client: PulseClient, _ action: Action, _ channel: String) async throws -> PulseValue {
        let frame = try #require(await client.next())
        #expect(frame["type"] == .text("presence") && frame["id"] == .number(0))
        #expect(frame["channel"] == .text(channel) && frame["action"] == .number(action.rawValue), "\(frame)")
        return try #require(frame["data"])
    }

    private func roster(_ client: PulseClient, _ channel: String, id: UInt64 = 9) async throws -> [PulseValue] {
        self.send(client, .sync, channel, id: id)
        let frame = try #require(await client.next())
        #expect(frame["type"] == .text("presence") && frame["id"] == .number(id), "\(frame)")
        #expect(frame["channel"] == .text(channel) && frame["action"] == .number(3))
        guard case .array(let members)? = frame["data"]?["members"] else {
            Issue.record("\(frame)")
            return []
        }
        return members
    }

    @Test("join, update, leave and sync, as the contract has them", arguments: ["presence:room", "room", "chat:room"])
    func contract(channel: String) async throws {
        try await withRelay {
            // Clients of one channel are on several loops.
            $0.server.threads = 3
        } _: { relay in
            let admin = try await relay.administratorToken
            let (one, two) = (try await PulseClient(relay, token: admin), try await PulseClient(relay, token: admin))
            defer { for client in [one, two] { client.disconnect() } }
            let name = try #require(one.greeting["connection_id"])
            for client in [one, two] { #expect(summary(await client.subscribe(channel)) == "ack 1") }
            #expect(try await self.roster(two, channel).isEmpty)
            // To subscribe is not to be there.
            #expect(await two.isSilent())

            #expect(await self.ask(one, .update, channel, .text("x")) == "error 7 1008")
            #expect(await self.ask(one, .join, channel, .map([("x", .array([.number(1), .null]))])) == "ack 7")
            let joined = try await self.state(two, .join, channel)
            #expect(joined["connection_id"] == name)
            #expect(joined["data"] == .map([("x", .array([.number(1), .null]))]))
            let moment = try #require(joined["joined_at"]?.number)
            #expect(moment > 1_700_000_000_000 && joined["last_seen"] == joined["joined_at"])
            guard case .map(let members) = joined else {
                Issue.record("\(joined)")
                return
            }
            #expect(members.map(\.0) == ["connection_id", "data", "joined_at", "last_seen"])

            // Another join is an update.
            #expect(await self.ask(one, .join, channel) == "ack 7")
            let replaced = try await self.state(two, .update, channel)
            #expect(replaced["data"] == .null && replaced["joined_at"]?.number == moment)
            #expect(await self.ask(one, .update, channel, .text("away")) == "ack 7")
            let updated = try await self.state(two, .update, channel)
            #expect(updated["data"] == .text("away") && updated["last_seen"]?.number ?? 0 >= moment)
            // Nobody hears of itself.
            #expect(await one.isSilent())

            #expect(await self.ask(two, .join, channel) == "ack 7")
            _ = try await self.state(one, .join, channel)
            #expect(try await self.roster(one, channel).count == 2)
            #expect(await self.ask(one, .leave, channel) == "ack 7")
            let left = try await self.state(two, .leave, channel)
            #expect(left["connection_id"] == name && left["data"] == .text("away"))
            #expect(await self.ask(one, .leave, channel) == "ack 7")
            #expect(await two.isSilent())
            #expect(try await self.roster(two, channel, id: .max).count == 1)
        }
    }

    @Test("to unsubscribe and to disconnect is to leave, and the others are told once")
    func implied() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let one = try await PulseClient(relay, token: admin)
            let two = try await PulseClient(relay, token: admin)
            let eye = try await PulseClient(relay, token: admin)
            defer { for client in [one, two, eye] { client.disconnect() } }
            for client in [one, two, eye] { _ = await client.subscribe("room") }
            for client in [one, two] {
                self.send(client, .join, "room")
                #expect(summary(await client.next("ack")) == "ack 7")
                _ = try await self.state(eye, .join, "room")
            }
            #expect(summary(await one.unsubscribe("room")) != "nothing")
            let first = try await self.state(eye, .leave, "room")
            #expect(first["connection_id"] == one.greeting["connection_id"])
            two.disconnect()
            let second = try await self.state(eye, .leave, "room")
            #expect(second["connection_id"] == two.greeting["connection_id"])
            #expect(await eye.isSilent())
            #expect(try await self.roster(eye, "room").isEmpty)
        }
    }

    @Test("not subscribed, bad names, not allowed, and data that is too long")
    func refusals() async throws {
        try await withRelay {
            $0.pulse.maxMessageBytes = 1_000
            $0.pulse.presence = .named
        } _: { relay in
            let admin = try await relay.administratorToken
            let client = try await PulseClient(relay, token: admin)
            defer { client.disconnect() }
            for action in [Action.join, .leave, .update, .sync] {
                #expect(await self.ask(client, action, "$") == "error 7 1002")
                #expect(await self.ask(client, action, "presence:room") == "error 7 1008")
            }
            _ = await client.subscribe("presence:room")
            _ = await client.subscribe("room")
            let long = PulseValue.text(String(repeating: "x", count: 1_000))
            #expect(await self.ask(client, .join, "presence:room", long) == "error 7 1007")
            #expect(await self.ask(client, .join, "presence:room", .bytes([1])) == "error 7 1001")
            for action in [Action.join, .leave, .update, .sync] {
                #expect(await self.ask(client, action, "room") == "error 7 1004")
            }
            #expect(try await self.roster(client, "presence:room").isEmpty)
        }
    }

    @Test("a roster for which there is no room is refused")
    func noRoom() async throws {
        try await withRelay {
            $0.memory.maxAnswerBytes = 16 << 10
        } _: { relay in
            let client = try await PulseClient(relay, token: try await relay.administratorToken)
            defer { client.disconnect() }
            _ = await client.subscribe("presence:room")
            let long = PulseValue.text(String(repeating: "x", count: 20_000))
            #expect(await self.ask(client, .join, "presence:room", long) == "ack 7")
            #expect(await self.ask(client, .sync, "presence:room") == "error 7 1006")
            #expect(await self.ask(client, .update, "presence:room", .text("x")) == "ack 7")
            #expect(try await self.roster(client, "presence:room").count == 1)
        }
    }

    @Test("what Pulse's clients say the others are told, and the other way round")
    func otherEdges() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", permissions: ["read", "write", "admin"], by: admin)
            let client = try await PulseClient(relay, token: alice.token)
            let socket = try await TestWebSocket.open(relay, alice)
            defer {
                client.disconnect()
                socket.connection.disconnect()
            }
            _ = await client.subscribe("chat:room")
            let topic = "pulse/chat_3aroom"
            var view = PresenceView()
            try socket.presence("watch", topic)
            try await socket.watch(&view) { $0.syncs == 1 }
            #expect(await self.ask(client, .join, "chat:room", .text("here")) == "ack 7")
            try await socket.watch(&view) { $0.shown == ["here"] }
            #expect(view.members.keys.first == client.greeting["connection_id"]?.text)
            try await socket.join(topic, data: ["from": "ws"])
            let state = try await self.state(client, .join, "chat:room")
            #expect(state["data"] == .map([("from", .text("ws"))]))
            let roster = try await relay.roster("pulse%2Fchat_3aroom", token: alice.token)
            #expect(roster.members.count == 2 && Set(roster.users.values) == ["alice"])
        }
    }

    @Test("a guest's presence is the named user's")
    func guests() async throws {
        try await withRelay {
            $0.pulse.anonymousUser = "guest"
        } _: { relay in
            let admin = try await relay.administratorToken
            let guest = try await relay.makeUser("guest", by: admin)
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            _ = await client.subscribe("room")
            #expect(await self.ask(client, .join, "room") == "ack 7")
            let roster = try await relay.roster("room", token: guest.token)
            #expect(Array(roster.users.values) == ["guest"])
        }
    }

    @Test("a guest takes no more places than all guests can have")
    func manyGuests() async throws {
        try await withRelay {
            $0.pulse.anonymousUser = "guest"
            $0.pulse.maxAnonymous = 2
            $0.presence.maxMembersPerUser = 4
        } _: { relay in
            _ = try await relay.makeUser("guest", by: try await relay.administratorToken)
            let clients = [try await PulseClient(relay), try await PulseClient(relay)]
            defer { for client in clients { client.disconnect() } }
            for client in clients {
                for channel in ["a", "b", "c"] { _ = await client.subscribe(channel) }
                for (channel, answer) in [("a", "ack 7"), ("b", "ack 7"), ("c", "error 7 1006")] {
                    self.send(client, .join, channel)
                    var told = await client.next()
                    // What the guest before is told to have done.
                    while told?["type"] == .text("presence") { told = await client.next() }
                    #expect(summary(told) == answer)
                }
            }
        }
    }

    @Test("who shows a token that does not reach the channel has left it, and its user's others are told")
    func narrowed() async throws {
        try await withRelay { relay in
            let alice = try await relay.makeUser("alice", by: try await relay.administratorToken)
            let client = try await PulseClient(relay, token: alice.token)
            let eye = try await PulseClient(relay, token: alice.token)
            defer { for client in [client, eye] { client.disconnect() } }
            for client in [client, eye] { _ = await client.subscribe("presence:room") }
            #expect(await self.ask(client, .join, "presence:room") == "ack 7")
            _ = try await self.state(eye, .join, "presence:room")
            let narrow = try await relay.serviceToken(["elsewhere"], token: alice.token)
            client.send("connect", [("version", .number(1)), ("token", .text(narrow.text))])
            _ = try await self.state(eye, .leave, "presence:room")
            #expect(try await self.roster(eye, "presence:room").isEmpty)
            #expect(summary(await client.next("error")) == "error 0 1004")
            self.send(client, .join, "presence:room")
            #expect(summary(await client.next("error")) == "error 7 1008")
        }
    }

    @Test("who does not hear of itself hears of all others that came with it")
    func together() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            var clients: [PulseClient] = []
            for _ in 1...12 { clients.append(try await PulseClient(relay, token: admin)) }
            defer { for client in clients { client.disconnect() } }
            for client in clients { _ = await client.subscribe("presence:room") }
            for client in clients { self.send(client, .join, "presence:room") }
            let names = Set(clients.compactMap { $0.greeting["connection_id"]?.text })
            for client in clients {
                let own = try #require(client.greeting["connection_id"]?.text)
                var heard: Set<String> = []
                while heard.count < clients.count - 1 {
                    let frame = try #require(await client.next())
                    guard frame["type"] == .text("presence") else { continue }
                    #expect(heard.insert(try #require(frame["data"]?["connection_id"]?.text)).inserted)
                }
                #expect(heard == names.subtracting([own]))
            }
        }
    }
}
