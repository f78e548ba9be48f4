import Foundation
import NIOCore
import NIOHTTP1
import RelayDocuments
import RelayServer
import Testing

@Suite("Engine.IO: sessions by polls and WebSockets")
struct EngineSessionTests {
    @Test("a handshake tells what holds, by either transport", .timeLimit(.minutes(1)))
    func handshake() async throws {
        try await withRelay {
            $0.documents.maxMessageBytes = 2 << 20
        } _: { relay in
            let token = try await relay.administratorToken
            let reply = try await relay.send(.GET, "/socket.io/?EIO=4&transport=polling", token: token)
            #expect(reply.status == 200)
            let socket = try await TestWebSocket(
                port: relay.port,
                "/socket.io/?EIO=4&transport=websocket",
                token: token
            )
            let text = try #require(await socket.next()?.text)
            for (text, upgrades) in [(reply.text, ["websocket"]), (text, [])] {
                let json = try JSONSerialization.jsonObject(with: Data(text.dropFirst().utf8)) as? [String: Any] ?? [:]
                #expect((json["sid"] as? String)?.count == 32)
                #expect(json["upgrades"] as? [String] == upgrades)
                #expect(json["pingInterval"] as? Int == 25_000)
                #expect(json["pingTimeout"] as? Int == 60_000)
                #expect(json["maxPayload"] as? Int == 2 << 20)
            }
            socket.connection.disconnect()
        }
    }

    @Test("what is refused has Engine.IO's own error", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await withRelay { relay in
            let client = try await PollingClient(relay, token: try await relay.administratorToken)
            for (method, query, code, message) in [
                (HTTPMethod.GET, "EIO=4&transport=x", 0, "Transport unknown"),
                (.GET, "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown"),
                (.POST, "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown"),
                (.POST, "EIO=4&transport=polling", 2, "Bad handshake method"),
                (.GET, "EIO=4&transport=websocket", 3, "Bad request"),
                (.GET, "EIO=4&transport=websocket&sid=\(client.sid)", 3, "Bad request"),
                (.GET, "EIO=3&transport=polling", 5, "Unsupported protocol version"),
            ] {
                let body = method == .POST ? "40" : nil
                let reply = try await relay.send(method, "/socket.io/?\(query)", body: body)
                #expect(reply.status == 400, "\(query)")
                #expect(reply.object["code"] as? Int == code, "\(query): \(reply)")
                #expect(reply.object["message"] as? String == message)
            }
            let path = "/socket.io/?EIO=4&transport=polling"
            let foreign = try await relay.send(.GET, path, headers: [("origin", "https://elsewhere.example")])
            #expect(foreign.status == 403)
            #expect(foreign.object["code"] as? Int == 4)
        }
    }

    @Test("a client edits by polls alone", .timeLimit(.minutes(1)))
    func polls() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await PollingClient(relay, token: token)
            try await client.join("notes/p")
            #expect(try await client.post(DocumentBytes.step1(), to: "notes/p").text == "ok")
            let step2 = PollingClient.message(DocumentBytes.step2(DocumentBytes.nothing), in: "notes/p")
            #expect(try await client.next { $0 == step2 } != nil)
            #expect(try await client.post(DocumentBytes.update(DocumentBytes.x), to: "notes/p").text == "ok")
            let echo = PollingClient.message(DocumentBytes.update(DocumentBytes.x), in: "notes/p")
            #expect(try await client.next { $0 == echo } != nil)
            let other = try await RoomClient(relay, token: token)
            defer { other.disconnect() }
            try await other.join("notes/p")
            #expect(await other.next() == .binary(DocumentBytes.step1([1, 8, 1])))
            other.send(DocumentBytes.update(DocumentBytes.y))
            let news = PollingClient.message(DocumentBytes.update(DocumentBytes.y), in: "notes/p")
            #expect(try await client.next { $0 == news } != nil)
            #expect(try await client.post("41", "1").text == "ok")
            #expect(try await client.ask().object["code"] as? Int == 1, "it has left")
        }
    }

    @Test("a WebSocket takes over from polls, on whichever loop it is", .timeLimit(.minutes(1)))
    func upgrade() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            for round in 0..<8 {
                let client = try await PollingClient(relay, token: token)
                try await client.join("up")
                let path = "/socket.io/?EIO=4&transport=websocket&sid=\(client.sid)"
                async let waiting = client.poll()
                let socket = try await TestWebSocket(port: relay.port, path)
                socket.send(text: "2probe")
                #expect(await socket.next()?.text == "3probe")
                #expect(try await waiting == ["6"])
                socket.send(text: "5")
                socket.send(text: PollingClient.message(DocumentBytes.step1(), in: "up"))
                let known = round == 0 ? DocumentBytes.nothing : DocumentBytes.x
                #expect(
                    await socket.next()?.text == PollingClient.message(DocumentBytes.step2(known), in: "up"),
                    "round \(round)"
                )
                socket.send(text: PollingClient.message(DocumentBytes.update(DocumentBytes.x), in: "up"))
                #expect(
                    await socket.next()?.text == PollingClient.message(DocumentBytes.update(DocumentBytes.x), in: "up")
                )
                #expect(try await client.ask().object["code"] as? Int == 3, "polls are over")
                socket.connection.disconnect()
                while try await client.ask().object["code"] as? Int != 1 {
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
        }
    }

    @Test("a WebSocket that is given up before it takes over leaves the session as it was", .timeLimit(.minutes(1)))
    func failedUpgrade() async throws {
        try await withRelay { relay in
            let client = try await PollingClient(relay, token: try await relay.administratorToken)
            let path = "/socket.io/?EIO=4&transport=websocket&sid=\(client.sid)"
            for text in ["5", "40", "2prob", "nonsense"] {
                let socket = try await TestWebSocket(port: relay.port, path)
                socket.send(text: text)
                #expect(await socket.untilClosed().last?.closeCode != nil, "\(text)")
            }
            let probe = try await TestWebSocket(port: relay.port, path)
            probe.send(text: "2probe")
            #expect(await probe.next()?.text == "3probe")
            let second = try await TestWebSocket(port: relay.port, path)
            second.send(text: "2probe")
            #expect(await second.untilClosed().last?.closeCode == 1008, "one at a time")
            probe.connection.disconnect()
            try await client.join("still")
        }
    }

    @Test("a session is found by who opened it, and by nobody else", .timeLimit(.minutes(1)))
    func binding() async throws {
        try await withRelay {
            $0.server.trustForwardedFor = true
            $0.server.trustedProxies = [IPNetwork("127.0.0.1")].compactMap(\.self)
        } _: { relay in
            let token = try await relay.administratorToken
            func headers(_ address: String) -> [(String, String)] { [("x-forwarded-for", address)] }
            let client = try await PollingClient(relay, token: token, headers: headers("192.0.2.1"))
            let path = PollingClient.path(client.sid)
            let away = headers("192.0.2.2")
            #expect(try await relay.send(.POST, path, headers: away, body: "40").object["code"] as? Int == 1)
            #expect(try await relay.send(.GET, path, headers: away).object["code"] as? Int == 1)
            let user = try await relay.makeUser("other", by: token)
            let others = try await relay.send(.POST, path, token: user.token, headers: away, body: "40")
            #expect(others.object["code"] as? Int == 1)
            let limited = try await relay.serviceToken([], prefixes: ["document/"], token: token).text
            let narrow = try await relay.send(.POST, path, token: limited, headers: away, body: "40")
            #expect(narrow.object["code"] as? Int == 1, "a token for some topics is not the opener's")
            // Its user may move, and need show no token where it is known.
            #expect(try await relay.send(.POST, path, token: token, headers: away, body: "40").text == "ok")
            let reply = try await relay.send(.GET, path, headers: headers("192.0.2.1"))
            #expect(reply.text.hasPrefix("40{"), "\(reply)")
            let stranger = try await PollingClient(relay, headers: headers("192.0.2.1"))
            let strange = PollingClient.path(stranger.sid)
            let found = try await relay.send(.POST, strange, token: token, headers: away, body: "40")
            #expect(found.object["code"] as? Int == 1)
        }
    }

    @Test("who loses count of its requests loses the session, and its poll is answered", .timeLimit(.minutes(1)))
    func overlaps() async throws {
        try await withRelay { relay in
            let client = try await PollingClient(relay, token: try await relay.administratorToken)
            async let first = client.ask()
            // Which of the two comes first is all the same.
            async let second = client.ask()
            let codes = [try await first, try await second].map { $0.object["code"] as? Int }
            #expect(Set(codes) == [3, 1])
            #expect(try await client.ask().object["code"] as? Int == 1)
            for body in ["", "nonsense", "4\u{1E}", "9", "b!", "0", "5"] {
                let client = try await PollingClient(relay, token: client.token)
                let reply = try await client.post(body)
                #expect(reply.status == 400 || reply.text == "ok", "\(body): \(reply)")
                let last = try await client.ask()
                #expect(last.text == "1" || last.object["code"] as? Int == 1, "\(body): \(last)")
            }
        }
    }

    @Test("a client that is gone without a word is gone from its room", .timeLimit(.minutes(1)))
    func ghosts() async throws {
        try await withRelay {
            $0.documents.maxConnections = 1
            $0.webSocket.maxPerUser = 3
        } _: { relay in
            let token = try await relay.administratorToken
            for _ in 0..<5 {
                let client = try await PollingClient(relay, token: token)
                try await client.join("ghosts")
                let poll = try await RawConnection.open(relay.port)
                poll.request("GET", PollingClient.path(client.sid), token: token)
                try await Task.sleep(for: .milliseconds(100))
                try await poll.breakOff()
                func clients() async throws -> Int? {
                    try await relay.send(.GET, "/stats").object["totalClients"] as? Int
                }
                while try await clients() != 0 { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
    }

    @Test("sessions count among their users' connections, and those of strangers among theirs", .timeLimit(.minutes(1)))
    func places() async throws {
        try await withRelay {
            $0.webSocket.maxPerUser = 1
            $0.signaling.maxStrangersPerAddress = 1
        } _: { relay in
            let token = try await relay.administratorToken
            let path = "/socket.io/?EIO=4&transport=polling"
            let first = try await PollingClient(relay, token: token)
            #expect(try await relay.send(.GET, path, token: token).status == 403)
            let stranger = try await PollingClient(relay)
            #expect(try await relay.send(.GET, path).status == 429)
            // As soon as it is known it is none of theirs, and one of the user's.
            #expect(try await stranger.post("40{\"token\":\"\(token)\"}").text == "ok")
            #expect(try await stranger.poll() == ["44{\"message\":\"Too many connections\"}"])
            #expect(try await first.post("1").text == "ok")
            #expect(try await stranger.post("40{\"token\":\"\(token)\"}").text == "ok")
            #expect(try await stranger.poll().first?.hasPrefix("40{") == true)
            _ = try await PollingClient(relay)
            #expect(try await relay.send(.GET, path, token: token).status == 403)
        }
    }

    @Test("a client that does not poll holds little, and gets all of it in the end", .timeLimit(.minutes(1)))
    func slow() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let slow = try await PollingClient(relay, token: token)
            try await slow.join("slow")
            #expect(try await slow.post(DocumentBytes.step1(), to: "slow").text == "ok")
            let writer = try await DocumentClient.synced(relay, "slow", token: token)
            defer { writer.leave() }
            for number in 0..<100 { writer.send(update: DocumentClient.letter(UInt8(number))) }
            let all = StateVector([1: 100])
            while try await writer.content().stateVector != all {}
            // The loop's tick counts what waits. Nobody has asked for it.
            try await Task.sleep(for: .seconds(2))
            let metrics = try await relay.send(.GET, "/metrics", token: token).text
            #expect(metrics.contains("relay_document_polling_sessions_active 1\n"))
            #expect(metrics.contains("relay_memory_bytes{account=\"answers\"}"))
            #expect(!metrics.contains("relay_memory_bytes{account=\"answers\"} 0\n"))
            var document = DocumentState()
            while document.stateVector != all {
                for packet in try await slow.poll() { try Self.apply(packet, to: &document) }
            }
        }
    }

    /// Applies what the packet says of the room's document, if it says anything.
    private static func apply(_ packet: String, to document: inout DocumentState) throws {
        let json = try? JSONSerialization.jsonObject(with: Data(packet.dropFirst(2).utf8)) as? [Any]
        guard json?.first as? String == "crdt:message", let list = json?.last as? [Any] else { return }
        var bytes = list.compactMap { ($0 as? Int).map(UInt8.init) }
        guard bytes.prefix(2) == [0, 1] || bytes.prefix(2) == [0, 2] else { return }
        bytes.removeFirst(2)
        _ = try document.apply(DocumentBytes.takeBlock(&bytes))
    }

    @Test("a relay that stops ends its sessions' polls", .timeLimit(.minutes(1)))
    func stopping() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await PollingClient(relay, token: token)
            try await client.join("stop")
            async let waiting = client.poll()
            try await Task.sleep(for: .milliseconds(200))
            await relay.shutDown()
            #expect(try await waiting == ["1"])
        }
    }
}
