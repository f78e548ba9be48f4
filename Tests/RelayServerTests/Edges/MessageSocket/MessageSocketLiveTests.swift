import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("WebSockets of a running relay")
struct MessageSocketLiveTests {
    @Test("what a client may not send ends the connection with the right code", .timeLimit(.minutes(1)))
    func brokenFrames() async throws {
        let table: [([(UInt8, Int, [UInt8]?)], UInt16)] = [
            ([(0xC1, 2, [1, 2, 3, 4])], 1002), ([(0x81, 2, nil)], 1002), ([(0x83, 2, [1, 2, 3, 4])], 1002),
            ([(0x80, 2, [1, 2, 3, 4])], 1002), ([(0x01, 2, [1, 2, 3, 4]), (0x81, 2, [1, 2, 3, 4])], 1002),
            ([(0x09, 2, [1, 2, 3, 4])], 1002), ([(0x89, 126, [1, 2, 3, 4])], 1002),
            ([(0x88, 1, [1, 2, 3, 4])], 1002), ([(0x81, 70_000, [1, 2, 3, 4])], 1009),
            ([(0x01, 40_000, [1, 2, 3, 4]), (0x80, 40_000, [1, 2, 3, 4])], 1009),
        ]
        try await withRelay {
            $0.server.maxBodyBytes = 65_536
        } _: { relay in
            let token = try await relay.administratorToken
            for (index, (frames, code)) in table.enumerated() {
                let socket = try await TestWebSocket(relay, token: token)
                _ = try await socket.subscribe(["t"])
                for (first, size, mask) in frames {
                    socket.send(first, ByteBuffer(repeating: 0x61, count: size), mask: mask)
                }
                #expect(await socket.next()?.closeCode == code, "row \(index)")
                socket.connection.disconnect()
            }
        }
    }

    @Test("text that is no frame is an error, and the connection goes on", .timeLimit(.minutes(1)))
    func badText() async throws {
        try await withRelay { relay in
            let socket = try await TestWebSocket(relay, token: try await relay.administratorToken)
            defer { socket.connection.disconnect() }
            #expect(try await socket.subscribe(["t"]).type == "subscribed")
            let bad = ["", "{", "[]", "null", #"{"type":1}"#, #"{"type":"publish"}"#, #"{"type":"unsubscribe"}"#]
            for text in bad + [String(repeating: "[", count: 100_000)] {
                socket.send(text: text)
                #expect(await socket.next()?.object["code"] as? String == "PROCESSING_ERROR", "\(text.prefix(40))")
            }
            socket.send(0x82, ByteBuffer(bytes: [1]))
            #expect(await socket.next()?.object["code"] as? String == "PROCESSING_ERROR")
            try socket.send(json: ["type": "nonsense"])
            #expect(await socket.next()?.object["code"] as? String == "UNKNOWN_MESSAGE_TYPE")
            try socket.send(json: ["type": "ping"])
            #expect(await socket.next()?.type == "pong")
            let metrics = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
            let errors = metrics.filter { $0.hasPrefix("relay_errors_total") && $0.contains("websocket") }
            #expect(errors.count == 2)
            #expect(errors.contains { $0.contains("PROCESSING_ERROR") && $0.hasSuffix(" \(bad.count + 2)") })
            #expect(errors.contains { $0.contains("UNKNOWN_MESSAGE_TYPE") && $0.hasSuffix(" 1") })
        }
    }

    @Test("a client follows a thousand topics on one connection and no more", .timeLimit(.minutes(2)))
    func topicsOfOneConnection() async throws {
        try await withRelay { relay in
            let socket = try await TestWebSocket(relay, token: try await relay.administratorToken)
            defer { socket.connection.disconnect() }
            for start in stride(from: 0, to: 1_000, by: 50) {
                #expect(try await socket.subscribe((start..<(start + 50)).map { "t\($0)" }).type == "subscribed")
            }
            let refusal = try await socket.subscribe(["one-more"])
            #expect(refusal.object["code"] as? String == "SUBSCRIPTION_ERROR")
            #expect(refusal.object["message"] as? String == "Too many topics on one connection")
            #expect(try await socket.subscribe(["t7"]).type == "subscribed", "it is among them")
            try socket.send(json: ["type": "unsubscribe", "topics": ["t7"]])
            #expect(try await socket.subscribe(["one-more"]).type == "subscribed")
        }
    }

    @Test("a socket that its client closes is counted out once", .timeLimit(.minutes(1)))
    func closedByClient() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let stays = try await TestWebSocket(relay, token: token)
            defer { stays.connection.disconnect() }
            _ = try await stays.subscribe(["t"])
            let leaves = try await TestWebSocket(relay, token: token)
            _ = try await leaves.subscribe(["t"])
            leaves.send(0x88, ByteBuffer())
            while await leaves.next() != nil {}
            var metrics: [Substring]
            repeat {
                metrics = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
            } while metrics.contains("relay_websocket_disconnections_total 0")
            #expect(metrics.contains("relay_websocket_connections_active 1"))
            #expect(metrics.contains("relay_websocket_disconnections_total 1"))
        }
    }

    @Test("a first frame that does not subscribe is told so, and closed with 1000", .timeLimit(.minutes(1)))
    func badFirstFrame() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for text in ["{", "[]", #"{"type":"ping"}"#, #"{"topics":[]}"#, #"{"topics":["a/b"]}"#] {
                let socket = try await TestWebSocket(relay, token: token)
                socket.send(text: text)
                #expect(await socket.next()?.object["code"] as? String == "SUBSCRIPTION_ERROR", "\(text)")
                #expect(await socket.next()?.closeCode == 1000, "\(text)")
                socket.send(0x88, ByteBuffer())
                #expect(await socket.untilClosed().isEmpty)
            }
        }
    }

    @Test("a name that no topic can have and a topic that is denied end alike, and say which of the two it was")
    func badNameOrDenied() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.publish("private", token: admin)
            let user = try await relay.makeUser("user", by: admin)
            let denied = "Access denied to one or more requested topics"
            // The field that is wrong, and so the code later on: a denied topic is no wrong field.
            let cases: [(topics: [String], field: String?, later: String)] = [
                (["private"], nil, "SUBSCRIPTION_ERROR"), (["a b"], "topics.0", "PROCESSING_ERROR"),
                (["a/b"], "topics.0", "PROCESSING_ERROR"),
                (["open", "private", "a b", "c d"], "topics.2", "PROCESSING_ERROR"),
                (["open", "private", "a/b"], "topics.2", "PROCESSING_ERROR"),
            ]
            for (topics, field, _) in cases {
                let socket = try await TestWebSocket(relay, token: user.token)
                let refusal = try await socket.subscribe(topics)
                #expect(refusal.object["code"] as? String == "SUBSCRIPTION_ERROR", "\(topics)")
                #expect((refusal.object["message"] as? String == denied) == (field == nil), "\(topics)")
                #expect((refusal.object["details"] as? [String: Any])?["field"] as? String == field, "\(topics)")
                #expect(await socket.next()?.closeCode == 1000, "\(topics)")
                socket.connection.disconnect()
            }
            // Later both leave the connection open, and none of their topics is followed.
            let socket = try await TestWebSocket(relay, token: user.token)
            defer { socket.connection.disconnect() }
            #expect(try await socket.subscribe(["own"]).type == "subscribed")
            for (topics, field, code) in cases {
                let refusal = try await socket.subscribe(topics)
                #expect(refusal.object["code"] as? String == code, "\(topics)")
                #expect((refusal.object["message"] as? String == denied) == (field == nil), "\(topics)")
                #expect((refusal.object["details"] as? [String: Any])?["field"] as? String == field, "\(topics)")
            }
            let all = try await socket.subscribe(["other"])
            #expect(Set(all.object["topics"] as? [String] ?? []) == ["own", "other"])
            // Of a first frame too the field is named that is wrong.
            let first = try await TestWebSocket(relay, token: user.token)
            defer { first.connection.disconnect() }
            first.send(text: #"{"topics":["a"],"cursors":[]}"#)
            let frame = await first.next()
            #expect((frame?.object["details"] as? [String: Any])?["field"] as? String == "cursors")
        }
    }

    @Test("a client's goodbye is answered with its code, and the relay ends the connection", .timeLimit(.minutes(1)))
    func goodbye() async throws {
        try await withRelay { relay in
            let socket = try await TestWebSocket(relay, token: try await relay.administratorToken)
            _ = try await socket.subscribe(["t"])
            socket.send(0x88, ByteBuffer(bytes: [0x03, 0xE8]))
            #expect(await socket.next()?.closeCode == 1000)
            #expect(await socket.next() == nil)
        }
    }

    @Test("no more sockets than a user may have, and a place is free once one has gone", .timeLimit(.minutes(1)))
    func quota() async throws {
        try await withRelay {
            $0.webSocket.maxPerUser = 1
        } _: { relay in
            let token = try await relay.administratorToken
            let first = try await TestWebSocket(relay, token: token)
            let second = try await RawConnection.open(relay.port)
            second.request("GET", "/ws", token: token, headers: TestWebSocket.handshake)
            #expect(await second.reply()?.status == 403)
            #expect(await second.rest() == "")
            first.send(0x88, ByteBuffer())
            #expect(await first.untilClosed().count == 1)
            try await TestWebSocket(relay, token: token).connection.disconnect()
        }
    }

    @Test("a reader that does not read delays no publisher, and then has everything in order", .timeLimit(.minutes(1)))
    func slowReader() async throws {
        try await withRelay {
            $0.hotTier.maxMessagesPerTopic = 4
        } _: { relay in
            let token = try await relay.administratorToken
            let socket = try await TestWebSocket(relay, token: token)
            defer { socket.connection.disconnect() }
            _ = try await socket.subscribe(["t"])
            try await socket.connection.channel.setOption(.autoRead, value: false).get()
            let text = String(repeating: "x", count: 100_000)
            var ids: [String] = []
            for _ in 0..<150 { ids.append(try await relay.publish("t", token: token, ["x": text])) }
            try await socket.connection.startReading()
            var received: [String?] = []
            while received.count < ids.count {
                let frame = try #require(await socket.next())
                #expect(frame.type == "message", "\(frame.text.prefix(300))")
                received.append(frame.object["message_id"] as? String)
            }
            #expect(received == ids)
        }
    }

    @Test("logout, deactivation and a withdrawn grant reach open connections at once", .timeLimit(.minutes(1)))
    func accessLost() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.publish("shared", token: admin)
            for (name, end) in [
                ("logout", { @Sendable in try await relay.send(.POST, "/auth/logout", token: $0.token) }),
                (
                    "deactivate",
                    { @Sendable in
                        try await relay.send(.PATCH, "/auth/users/\($0.id)", token: admin, json: ["is_active": false])
                    }
                ),
            ] as [(String, @Sendable (TestUser) async throws -> TestReply)] {
                let user = try await relay.makeUser(name, by: admin)
                let socket = try await TestWebSocket(relay, token: user.token)
                defer { socket.connection.disconnect() }
                _ = try await socket.subscribe(["quiet"])
                let stream = try await TestEventStream(relay, token: user.token, query: "topics=quiet")
                let poll = try await relay.openPoll(["quiet"], token: user.token)
                try await relay.untilWaiters(1, token: admin)
                #expect(try await end(user).status < 300)
                #expect(await socket.next()?.closeCode == 1008, "\(name)")
                let status = await poll.reply()?.status
                #expect(status == (name == "logout" ? 401 : 403))
                while let event = await stream.next() { #expect(event.name != "message") }
            }
            try await self.grantWithdrawn(relay, admin)
        }
    }

    private func grantWithdrawn(_ relay: TestRelay, _ admin: String) async throws {
        let user = try await relay.makeUser("granted", by: admin)
        let path = "/api/v1/topics/shared/permissions"
        #expect(try await relay.send(.POST, path, token: admin, json: ["user_id": user.id]).status == 201)
        let socket = try await TestWebSocket(relay, token: user.token)
        defer { socket.connection.disconnect() }
        #expect(try await socket.subscribe(["shared"]).type == "subscribed")
        let poll = try await relay.openPoll(["shared"], token: user.token)
        try await relay.untilWaiters(1, token: admin)
        #expect(try await relay.send(.DELETE, "\(path)/\(user.id)", token: admin).status == 204)
        try await relay.publish("shared", token: admin)
        #expect(await socket.next()?.object["code"] as? String == "SUBSCRIPTION_ERROR")
        #expect(await poll.reply()?.status == 403)
    }

    @Test("an administrator that is none any more loses other users' topics at once", .timeLimit(.minutes(1)))
    func demotion() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.publish("private", token: admin)
            let second = try await relay.makeUser("second", permissions: ["admin", "read"], by: admin)
            let socket = try await TestWebSocket(relay, token: second.token)
            defer { socket.connection.disconnect() }
            #expect(try await socket.subscribe(["private"]).type == "subscribed")
            let stream = try await TestEventStream(relay, token: second.token, query: "topics=private")
            let poll = try await relay.openPoll(["private"], token: second.token)
            try await relay.untilWaiters(1, token: admin)
            let patch = ["permissions": ["read"]]
            let reply = try await relay.send(.PATCH, "/auth/users/\(second.id)", token: admin, json: patch)
            #expect(reply.status == 200)
            try await relay.publish("private", token: admin)
            #expect(await socket.next()?.object["code"] as? String == "SUBSCRIPTION_ERROR")
            #expect(await poll.reply()?.status == 403)
            var events: [String] = []
            while let event = await stream.next() { events += event.name.map { [$0] } ?? [] }
            #expect(events == ["error"])
        }
    }

    @Test("a stop answers polls with nothing, closes sockets with 1001 and ends streams", .timeLimit(.minutes(1)))
    func shutDown() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let socket = try await TestWebSocket(relay, token: token)
            _ = try await socket.subscribe(["t"])
            let stream = try await TestEventStream(relay, token: token, query: "topics=t")
            let poll = try await relay.openPoll(["t"], token: token)
            try await relay.untilWaiters(1, token: token)
            await relay.shutDown()
            let reply = await poll.reply()
            #expect(reply?.status == 200)
            #expect(reply?.messageIDs == [])
            #expect(await socket.next()?.closeCode == 1001)
            while await stream.next() != nil {}
            socket.send(0x88, ByteBuffer())
            #expect(await socket.next() == nil)
        }
    }
}
