import NIOCore
import NIOHTTP1
import RelayServer
import RelayWire
import Testing

@Suite("Who a Pulse client is, and what it is told first", .timeLimit(.minutes(2)))
struct PulseConnectTests {
    private static func connect(_ version: UInt64, _ token: String?) -> [(String, PulseValue)] {
        [("version", .number(version))] + (token.map { [("token", .text($0))] } ?? [])
    }

    @Test("connected comes first and unasked, with an id of chance, the version and the heartbeat")
    func greeting() async throws {
        try await withRelay {
            $0.pulse.heartbeat = .milliseconds(12_500)
        } _: { relay in
            let token = try await relay.administratorToken
            let first = try await PulseClient(relay, token: token)
            let second = try await PulseClient(relay)
            for client in [first, second] {
                #expect(client.greeting["version"] == .number(1) && client.greeting["heartbeat"] == .number(12_500))
                let id = try #require(client.greeting["connection_id"]?.text)
                #expect((24...64).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) })
                client.disconnect()
            }
            #expect(first.greeting["connection_id"] != second.greeting["connection_id"])
        }
    }

    @Test("a token may come in the head, in the query and in connect; the last is answered by a second connected")
    func tokens() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let byHead = try await PulseClient(relay, token: token)
            let byQuery = try await PulseClient(port: relay.port, "/pulse?token=\(token)")
            let byFrame = try await PulseClient(relay)
            byFrame.send("connect", Self.connect(1, token))
            #expect(await byFrame.next() == byFrame.greeting)
            for client in [byHead, byQuery, byFrame] {
                #expect(summary(await client.subscribe("news", id: 9)) == "ack 9")
                client.disconnect()
            }
        }
    }

    @Test(
        "until there is a token each request is unauthorized, a publish without id is dropped, and pings are answered"
    )
    func unauthorized() async throws {
        try await withRelay { relay in
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            #expect(summary(await client.subscribe("news", id: 3)) == "error 3 1003")
            #expect(summary(await client.unsubscribe("news", id: 4)) == "error 4 1003")
            client.publish("news", .bytes([1]), id: 5)
            #expect(summary(await client.next()) == "error 5 1003")
            client.send("presence", [("id", .number(6)), ("channel", .text("news")), ("action", .number(0))])
            #expect(summary(await client.next()) == "error 6 1003")
            client.publish("news", .bytes([1]))
            #expect(await client.isSilent())
            let token = try await relay.administratorToken
            #expect(try await relay.send(.GET, "/api/v1/topics/news", token: token).status == 404)
        }
    }

    @Test("another version is 1012, a bad token 1003, and the next try may be good")
    func refused() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            for (version, shown, answer) in [
                (2, token, "error 0 1012"), (0, token, "error 0 1012"), (1, "nonsense", "error 0 1003"),
                (1, nil, "error 0 1003"), (1, token, "connected"), (2, token, "error 0 1012"), (1, nil, "connected"),
            ] as [(UInt64, String?, String)] {
                client.send("connect", Self.connect(version, shown))
                #expect(summary(await client.next()) == answer)
            }
            #expect(summary(await client.subscribe("news")) == "ack 1")
        }
    }

    @Test("frames behind a connect wait for it, in one WebSocket message or in several")
    func order() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let subscription = PulseClient.frame("subscribe", [("id", .number(8)), ("channel", .text("a"))])
            let client = try await PulseClient(relay)
            client.send(bytes: PulseClient.frame("connect", Self.connect(1, token)) + subscription)
            #expect(await client.next() == client.greeting)
            #expect(summary(await client.next()) == "ack 8")
            client.disconnect()
            let fresh = try await relay.makeUser("fresh", by: token)
            let other = try await PulseClient(relay)
            other.send("connect", Self.connect(1, fresh.token))
            other.send(bytes: subscription)
            #expect(await other.next() == other.greeting)
            #expect(summary(await other.next()) == "ack 8")
            other.disconnect()
        }
    }

    @Test("a connection stays its user's, takes the user's next token, and no other user's")
    func renewal() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: token)
            let client = try await PulseClient(relay, token: alice.token)
            defer { client.disconnect() }
            client.send("connect", Self.connect(1, token))
            #expect(summary(await client.next()) == "error 0 1003")
            client.send("connect", Self.connect(1, try await relay.tokens(of: "alice").access))
            #expect(await client.next() == client.greeting)
        }
    }

    @Test("a user who is deactivated is told so, and its connection is closed")
    func deactivated() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            let client = try await PulseClient(relay, token: alice.token)
            _ = await client.subscribe("a")
            let path = "/auth/users/\(alice.id)"
            let changed = try await relay.send(.PATCH, path, token: admin, json: ["is_active": false])
            #expect(changed.status == 200, "\(changed)")
            #expect(summary(await client.next()) == "error 0 1003")
            #expect(await client.next() == nil && client.closeCode == 1008)
        }
    }

    @Test(
        "who shows no token acts as the user that the operator named, with that user's grants, and may still become another"
    )
    func guests() async throws {
        try await withRelay {
            $0.pulse.anonymousUser = "guest"
        } _: { relay in
            let admin = try await relay.administratorToken
            // There is no such user yet.
            let early = try await PulseClient(relay)
            #expect(summary(await early.subscribe("open")) == "error 1 1003")
            early.disconnect()
            let guest = try await relay.makeUser("guest", by: admin)
            for name in ["open", "shut"] {
                _ = try await relay.send(.POST, "/api/v1/topics", token: admin, json: ["topic_name": name])
            }
            let granted = try await relay.send(
                .POST,
                "/api/v1/topics/open/permissions",
                token: admin,
                json: ["user_id": guest.id]
            )
            #expect(granted.status < 300, "\(granted)")
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            #expect(summary(await client.subscribe("shut", id: 1)) == "error 1 1004")
            #expect(summary(await client.subscribe("open", id: 2)) == "ack 2")
            client.publish("open", .text("hi"), id: 3)
            #expect(Set([summary(await client.next()), summary(await client.next())]) == ["ack 3", "publish"])
            #expect(summary(await client.unsubscribe("open", id: 4)) == "ack 4")
            client.send("connect", Self.connect(1, admin))
            #expect(summary(await client.next()) == "connected")
            #expect(summary(await client.subscribe("shut", id: 5)) == "ack 5")
        }
    }

    @Test("what a guest has under way is answered, though it shows a token meanwhile")
    func guestsWork() async throws {
        try await withDataDirectory { directory in
            try await withRelay {
                $0.pulse.anonymousUser = "guest"
                $0.storage.backend = .sqlite
                $0.storage.dataDirectory = directory
            } _: { relay in
                let admin = try await relay.administratorToken
                _ = try await relay.makeUser("guest", by: admin)
                let client = try await PulseClient(relay)
                defer { client.disconnect() }
                client.publish("a", .bytes([1]), id: 1_000)
                #expect(summary(await client.next()) == "ack 1000")
                let numbers = Array(0..<64 as Range<UInt64>)
                let publishes = numbers.flatMap { number in
                    PulseClient.frame(
                        "publish",
                        [("id", .number(number)), ("channel", .text("a")), ("payload", .bytes([2]))]
                    )
                }
                client.send(bytes: publishes + PulseClient.frame("connect", Self.connect(1, admin)))
                var seen: Set<String> = []
                for _ in 0..<65 { seen.insert(summary(await client.next())) }
                #expect(seen == Set(numbers.map { "ack \($0)" } + ["connected"]))
                client.publish("a", .bytes([3]), id: 65)
                #expect(summary(await client.next()) == "ack 65")
            }
        }
    }

    @Test("guests are never administrators, whoever they act as")
    func powerlessGuests() async throws {
        try await withRelay {
            $0.pulse.anonymousUser = TestRelay.administrator
        } _: { relay in
            let admin = try await relay.administratorToken
            let alice = try await relay.makeUser("alice", by: admin)
            try await relay.publish("secret", token: alice.token)
            let client = try await PulseClient(relay)
            defer { client.disconnect() }
            #expect(summary(await client.subscribe("secret")) == "error 1 1004")
        }
    }

    @Test("a service token opens the channels in its reach, and no others")
    func serviceTokens() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let permissions = ["read", "write"]
            let limited = try await relay.serviceToken(
                ["news"],
                prefixes: ["pulse/chat"],
                permissions: permissions,
                token: admin
            )
            for channel in ["news", "chat:a", "room:a"] {
                try await relay.publish(try #require(PulseChannel.topic(ofChannel: channel)), token: admin)
            }
            let client = try await PulseClient(relay, token: limited.text)
            defer { client.disconnect() }
            for (channel, code) in [("news", "ack 1"), ("chat:a", "ack 1"), ("room:a", "error 1 1004")] {
                #expect(summary(await client.subscribe(channel)) == code)
            }
            client.publish("chat:a", .bytes([1]), id: 2)
            #expect(Set([summary(await client.next()), summary(await client.next())]) == ["ack 2", "publish"])
            client.publish("room:a", .bytes([1]), id: 3)
            #expect(summary(await client.next()) == "error 3 1004")
        }
    }

    @Test("a client that shows no token in time is put off")
    func patience() async throws {
        try await withRelay {
            $0.signaling.joinPatience = .seconds(1)
        } _: { relay in
            let client = try await PulseClient(relay)
            #expect(summary(await client.next("error")) == "error 0 1003")
            #expect(await client.next() == nil && client.closeCode == 4001)
        }
    }

    @Test("a page from elsewhere opens none, and neither does a request that is no WebSocket")
    func upgrades() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            #expect(try await relay.send(.GET, "/pulse", token: token).status == 426)
            let connection = try await RawConnection.open(relay.port)
            let fields = TestWebSocket.handshake + ["Origin: https://elsewhere.example"]
            connection.request("GET", "/pulse", token: token, headers: fields)
            #expect(await connection.head()?.status == 403)
            connection.disconnect()
        }
    }
}
