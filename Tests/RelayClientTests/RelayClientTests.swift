import NIOHTTP1
import RelayWire
import Synchronization
import Testing

@testable import RelayClient

@Suite("Requests", .timeLimit(.minutes(1)))
struct RelayClientTests {
    private let clock = RecordingClock()

    private func client(
        _ endpoint: RelayEndpoint,
        _ credentials: Credentials = .password(username: "alice", password: "p&ss word"),
        maxAttempts: Int? = 5
    ) -> RelayClient {
        var configuration = RelayClientConfiguration()
        configuration.clock = self.clock
        configuration.retry.maxAttempts = maxAttempts
        return RelayClient(endpoint: endpoint, credentials: credentials, configuration: configuration)
    }

    private static let receipt: JSONDocument = ["message_id": "1-0", "topic": "t", "timestamp": "T"]

    private static let usable = Tokens(accessToken: "good", expiresAt: Timestamp(microseconds: .max))

    @Test("A login is a form, and its token goes with every request")
    func login() async throws {
        let relay = FakeRelay { request in
            request.uri == "/auth/login" ? .tokens("t1") : .json(201, Self.receipt)
        }
        try await relay.run { endpoint in
            let client = self.client(endpoint)
            let receipt = try await client.publish("t", ["n": 1], ttl: 5, metadata: ["k": "v"])
            try await client.publish("t", [:], idempotencyKey: "mine")
            #expect(receipt.messageID == "1-0")
        }
        let login = try #require(relay.requests("/auth/login").first)
        #expect(relay.requests("/auth/login").count == 1)
        #expect(login.body == "grant_type=password&username=alice&password=p%26ss%20word")
        #expect(login.headers["Content-Type"] == ["application/x-www-form-urlencoded"])
        let publishes = relay.requests("/api/v1/messages")
        #expect(publishes.map(\.bearer) == ["t1", "t1"])
        #expect(publishes.first?.body == #"{"topic":"t","payload":{"n":1},"ttl":5,"metadata":{"k":"v"}}"#)
        #expect(publishes.first?.headers["Idempotency-Key"].first?.count == 32)
        #expect(publishes.last?.headers["Idempotency-Key"] == ["mine"])
    }

    @Test(
        "A logout revokes both tokens, and an access token that has ended is as good as revoked",
        arguments: [200, 401]
    )
    func logout(status: Int) async throws {
        let relay = FakeRelay { request in
            request.uri == "/auth/logout" ? .json(status, ["detail": "no"]) : .json(200, [:])
        }
        try await relay.run { endpoint in
            let tokens = Tokens(accessToken: "good", expiresAt: Timestamp(microseconds: .max), refreshToken: "again")
            try await self.client(endpoint, .tokens(tokens)).logOut()
        }
        #expect(relay.requests.map(\.uri) == ["/auth/token/revoke", "/auth/logout"])
        #expect(relay.requests.first?.body.contains(#""revoke_chain":true"#) == true)
        #expect(relay.requests.map(\.bearer) == [nil, "good"])
    }

    @Test("A publish is tried again under the same key: after 5xx, a broken connection and Retry-After")
    func retry() async throws {
        let replies = Mutex<[FakeReply]>([
            .hangUp, .detail(500, "oops"), .json(503, [:], headers: [("Retry-After", "9")]), .json(201, Self.receipt),
        ])
        let relay = FakeRelay { _ in replies.withLock { $0.removeFirst() } }
        try await relay.run { endpoint in
            try await self.client(endpoint, .tokens(Self.usable)).publish("t", [:])
        }
        let keys = relay.requests.map { $0.headers["Idempotency-Key"] }
        #expect(keys.count == 4 && Set(keys).count == 1)
        let sleeps = self.clock.sleeps
        try #require(sleeps.count == 3)
        #expect(sleeps[0] <= .seconds(1) && sleeps[0] >= .milliseconds(500))
        #expect(sleeps[1] <= .seconds(2) && sleeps[1] >= .seconds(1))
        #expect(sleeps[2] == .seconds(9))
    }

    @Test(
        "Bytes are published as base64, alone and in a bulk beside objects; what people without a token may do is sent"
    )
    func bytes() async throws {
        let topic: JSONDocument = [
            "topic_id": "i", "topic_name": "t", "owner_id": "o", "created_at": "T", "anonymous": "read",
        ]
        let relay = FakeRelay { request in
            if request.uri.hasSuffix("bulk") { return .json(207, ["results": [], "summary": [:]]) }
            return .json(201, request.uri.contains("topics") ? topic : Self.receipt)
        }
        try await relay.run { endpoint in
            let client = self.client(endpoint, .tokens(Self.usable))
            try await client.publish("t", bytes: [0, 0xFB, 0xEF, 0xFF], ttl: 5)
            _ = try? await client.publishBulk([
                OutgoingMessage(topic: "t", content: .binary([])), OutgoingMessage(topic: "u", payload: [:]),
            ])
            #expect(try await client.createTopic("t", anonymous: "read").anonymous == "read")
            #expect(try await client.updateTopic("t", anonymous: "none").anonymous == "read")
        }
        #expect(
            relay.requests.map(\.body) == [
                #"{"topic":"t","payload":"APvv/w==","encoding":"base64","ttl":5}"#,
                #"{"messages":[{"topic":"t","payload":"","encoding":"base64"},{"topic":"u","payload":{}}]}"#,
                #"{"topic_name":"t","is_public":false,"anonymous":"read"}"#, #"{"anonymous":"none"}"#,
            ]
        )
    }

    @Test("A webhook is made once, listed by pages, paused, revived and deleted; its secret is not printed")
    func webhooks() async throws {
        let webhook: JSONDocument = [
            "secret": "whsec_x", "id": "1f", "user_id": "u", "label": .null, "topic": .null, "prefix": "p-",
            "events": ["message"], "url": "http://a/", "state": "dead", "dead_reason": "gone", "last_outcome": "410",
            "lag": 3, "created_at": "T",
        ]
        let relay = FakeRelay { request in
            switch (request.method, request.uri) {
            case ("POST", "/api/v1/webhooks"): .json(201, webhook)
            case ("GET", _): .json(200, [webhook])
            case ("POST", _): .json(200, webhook)
            default: .json(204, [:])
            }
        }
        try await relay.run { endpoint in
            let client = self.client(endpoint, .tokens(Self.usable))
            let made = try await client.createWebhook(.prefix("p-"), url: "http://a/", label: "l")
            #expect(made.secret == "whsec_x" && made.webhook.lag == 3 && made.webhook.deadReason == "gone")
            #expect(!"\(made)".contains("whsec"))
            #expect(try await client.webhooks() == [made.webhook])
            #expect(try await client.pauseWebhook("1f") == made.webhook)
            #expect(try await client.reviveWebhook("1f") == made.webhook)
            try await client.deleteWebhook("1f")
        }
        let path = "/api/v1/webhooks"
        #expect(relay.requests.map(\.uri) == [path, path, path + "/1f/pause", path + "/1f/revive", path + "/1f"])
        #expect(
            relay.requests.first?.body
                == #"{"url":"http://a/","prefix":"p-","events":["message"],"label":"l"}"#
        )
    }

    @Test("A service token is made once, listed by pages and revoked; its text is not printed")
    func serviceTokens() async throws {
        let token: JSONDocument = [
            "token": "secret", "id": "1f", "user_id": "u", "label": .null, "topics": ["t"], "prefixes": ["p-"],
            "permissions": ["read"], "peer_id": "tab", "created_at": "T", "expires_at": "E",
        ]
        let relay = FakeRelay { request in
            switch request.method {
            case "POST": .json(201, token)
            case "GET": .json(200, [token])
            default: .json(204, [:])
            }
        }
        try await relay.run { endpoint in
            let client = self.client(endpoint, .tokens(Self.usable))
            let made = try await client.createServiceToken(
                topics: ["t"],
                prefixes: ["p-"],
                peerID: "tab",
                expiresIn: 60
            )
            #expect(made.text == "secret" && made.token.peerID == "tab" && made.token.prefixes == ["p-"])
            #expect(!"\(made)".contains("secret"))
            #expect(try await client.serviceTokens() == [made.token])
            try await client.revokeServiceToken("1f")
        }
        #expect(relay.requests.map(\.uri) == ["/auth/tokens", "/auth/tokens", "/auth/tokens/1f"])
        #expect(
            relay.requests.first?.body
                == #"{"topics":["t"],"prefixes":["p-"],"permissions":["read"],"peer_id":"tab","expires_in":60}"#
        )
    }

    @Test("Attempts end at their limit with what the relay said last")
    func limit() async throws {
        let relay = FakeRelay { _ in .detail(503, "storage is away") }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await self.client(endpoint, .tokens(Self.usable), maxAttempts: 3).topics()
            }
            #expect(error.code == .unavailable && error.status == 503 && error.detail == "storage is away")
        }
        #expect(relay.requests.count == 3)
    }

    @Test("A 4xx is final", arguments: [400, 403, 404, 413, 422, 429])
    func refused(status: Int) async throws {
        let relay = FakeRelay { _ in .detail(status, "no") }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await self.client(endpoint, .tokens(Self.usable)).publish("t", [:])
            }
            #expect(error.code == .refused && error.status == status && error.detail == "no")
        }
        #expect(relay.requests.count == 1)
    }

    @Test("Creating a topic isn't repeated when nobody knows what became of it")
    func unrepeatable() async throws {
        let relay = FakeRelay { _ in .hangUp }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await self.client(endpoint, .tokens(Self.usable)).createTopic("t")
            }
            #expect(error.code == .unavailable)
        }
        #expect(relay.requests.count == 1)
    }

    @Test("A payload that is no object, and bulks of the wrong size, are never sent")
    func invalidInput() async throws {
        let relay = FakeRelay { _ in .detail(422, "no") }
        try await relay.run { endpoint in
            let client = self.client(endpoint, .tokens(Self.usable))
            let message = OutgoingMessage(topic: "t", payload: [:])
            let wrong: [@Sendable () async throws -> Void] = [
                { try await client.publish("t", [1]) },
                { try await client.publish("t", [:], ttl: 0) },
                { try await client.publishBulk([]) },
                { try await client.publishBulk(Array(repeating: message, count: 101)) },
                { _ = try await client.poll([]) },
                { _ = try await client.poll(["t"], timeout: .seconds(61)) },
            ]
            for call in wrong {
                let error = try await #require(throws: RelayError.self) { try await call() }
                #expect(error.code == .invalidInput)
            }
        }
        #expect(relay.requests.isEmpty)
    }

    @Test("A bulk comes back in order, with what was rejected")
    func bulk() async throws {
        let relay = FakeRelay { _ in
            .json(
                207,
                [
                    "results": [
                        ["message_id": "1-0", "topic": "a", "status": "accepted", "error": .null],
                        ["message_id": .null, "topic": "b", "status": "rejected", "error": "full"],
                    ],
                    "summary": ["total": 2, "accepted": 1, "rejected": 1],
                ]
            )
        }
        try await relay.run { endpoint in
            let receipt = try await self.client(endpoint, .tokens(Self.usable)).publishBulk([
                OutgoingMessage(topic: "a", payload: [:]), OutgoingMessage(topic: "b", payload: [:]),
            ])
            #expect(receipt.entries.map(\.messageID) == ["1-0", nil])
            #expect(receipt.entries.map(\.error) == [nil, "full"])
            #expect(receipt.acceptedCount == 1 && receipt.rejectedCount == 1)
        }
        let body = relay.requests.first?.body
        #expect(body == #"{"messages":[{"topic":"a","payload":{}},{"topic":"b","payload":{}}]}"#)
    }

    @Test("A poll sends its cursors and reads messages and gaps")
    func poll() async throws {
        let relay = FakeRelay { _ in
            .json(
                200,
                [
                    "messages": [
                        [
                            "type": "message", "topic": "a", "message_id": "9-0", "payload": ["x": 1],
                            "timestamp": "T", "metadata": ["k": "v"], "stream_id": "9-0",
                        ]
                    ],
                    "has_more": true, "gaps": ["a": ["after": "1-0", "resumed_from": "9-0"]],
                ]
            )
        }
        try await relay.run { endpoint in
            let client = self.client(endpoint, .tokens(Self.usable))
            let page = try await client.poll(["a", "b"], cursors: ["a": "1-0"], timeout: .milliseconds(2500))
            _ = try await client.poll(["a"])
            let message = RelayMessage(
                topic: "a",
                messageID: "9-0",
                payload: ["x": 1],
                timestamp: "T",
                metadata: ["k": "v"]
            )
            #expect(page.messages == [message] && page.hasMore)
            #expect(page.gaps == [MessageGap(topic: "a", after: "1-0", resumedFrom: "9-0")])
        }
        #expect(
            relay.requests.map(\.body) == [
                #"{"topics":["a","b"],"since":{"a":"1-0"},"timeout":2.5}"#,
                #"{"topics":["a"],"since":null,"timeout":30.0}"#,
            ]
        )
    }

    @Test("History, topics, grants and users go where the contract says")
    func routes() async throws {
        let topic: JSONDocument = [
            "topic_id": "i", "topic_name": "t", "owner_id": "o", "created_at": "T", "description": .null,
            "is_public": true, "allowed_user_ids": ["u"],
        ]
        let grant: JSONDocument = ["topic_name": "t", "user_id": "u", "username": "bob", "granted_at": "T"]
        let user: JSONDocument = [
            "user_id": "u", "username": "bob", "email": .null, "is_active": true, "created_at": "T",
            "permissions": ["read"], "owned_topics": [],
        ]
        let relay = FakeRelay { request in
            switch (request.method, request.uri) {
            case ("DELETE", _): .json(204, .null)
            case ("GET", "/api/v1/topics"): .json(200, [topic])
            case ("GET", "/auth/users"): .json(200, [user])
            case ("GET", "/api/v1/topics/t/permissions"): .json(200, [grant])
            case ("POST", "/api/v1/topics/t/permissions"): .json(201, grant)
            case (_, let uri) where uri.hasPrefix("/auth/"): .json(200, user)
            case (_, let uri) where uri.contains("/messages?"): .json(200, ["messages": [], "next_cursor": .null])
            default: .json(200, topic)
            }
        }
        try await relay.run { endpoint in
            let client = self.client(endpoint, .tokens(Self.usable))
            #expect(try await client.whoami().username == "bob")
            #expect(try await client.createTopic("t", isPublic: true).allowedUserIDs == ["u"])
            #expect(try await client.topics().map(\.name) == ["t"])
            _ = try await client.updateTopic("t", description: "d")
            #expect(try await client.history("t", limit: 5, order: .oldestFirst, cursor: "1-0").nextCursor == nil)
            #expect(try await client.grants(of: "t").count == 1)
            _ = try await client.grant("t", toUsername: "bob")
            try await client.revokeGrant("t", ofUserID: "u")
            try await client.deleteTopic("t")
            #expect(try await client.users().count == 1)
            _ = try await client.createUser("bob", password: "12345678")
            _ = try await client.updateUser("u", UserChanges(isActive: false))
            try await client.deleteUser("u")
        }
        let lines = relay.requests.map { "\($0.method) \($0.uri) \($0.body)" }
        #expect(
            lines == [
                "GET /auth/me ",
                #"POST /api/v1/topics {"topic_name":"t","is_public":true}"#,
                "GET /api/v1/topics ",
                #"PUT /api/v1/topics/t {"description":"d"}"#,
                "GET /api/v1/topics/t/messages?limit=5&order=asc&cursor=1-0 ",
                "GET /api/v1/topics/t/permissions ",
                #"POST /api/v1/topics/t/permissions {"username":"bob"}"#,
                "DELETE /api/v1/topics/t/permissions/u ",
                "DELETE /api/v1/topics/t ",
                "GET /auth/users ",
                #"POST /auth/register {"username":"bob","password":"12345678"}"#,
                #"PATCH /auth/users/u {"is_active":false}"#,
                "DELETE /auth/users/u ",
            ]
        )
    }

    @Test("An answer that breaks the contract is an error of its own")
    func invalidReply() async throws {
        let relay = FakeRelay { _ in .json(200, ["hello": "world"]) }
        try await relay.run { endpoint in
            let error = try await #require(throws: RelayError.self) {
                try await self.client(endpoint, .tokens(Self.usable)).whoami()
            }
            #expect(error.code == .invalidReply)
        }
    }
}
