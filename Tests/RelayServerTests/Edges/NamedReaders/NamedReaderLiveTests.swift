import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Named readers of a running relay", .timeLimit(.minutes(2)))
struct NamedReaderLiveTests {
    private static let path = "/api/v1/topics/t/readers"

    private func subscribe(
        _ socket: TestWebSocket,
        _ topics: [String],
        reader: String,
        offset: String = "last",
        cursors: [String: String] = [:]
    ) async throws -> TestWebSocket.Frame {
        var frame: [String: Any] = ["type": "subscribe", "topics": topics, "reader": reader, "offset": offset]
        if !cursors.isEmpty { frame["cursors"] = cursors }
        try socket.send(json: frame)
        return try #require(await socket.next())
    }

    private func poll(
        _ relay: TestRelay,
        _ token: String,
        _ fields: [String: Any],
        topics: [String] = ["t"]
    ) async throws -> TestReply {
        var body: [String: Any] = ["topics": topics, "timeout": 1]
        body.merge(fields) { $1 }
        return try await relay.send(.POST, "/messages/poll", token: token, json: body)
    }

    private func cursor(_ relay: TestRelay, _ token: String, _ reader: String = "w") async throws -> String? {
        let reply = try await relay.send(.GET, "\(Self.path)/\(reader)", token: token)
        return reply.object["message_id"] as? String
    }

    @Test("what was acknowledged over a WebSocket is where the reader goes on, over every way to read")
    func everyTransport() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            var ids = [try await relay.publish("t", token: token)]
            let socket = try await TestWebSocket(relay, token: token)
            let answer = try await self.subscribe(socket, ["t"], reader: "w")
            #expect(answer.object["cursors"] as? [String: String] == ["t": ids[0]])
            for _ in 0..<4 { ids.append(try await relay.publish("t", token: token)) }
            for id in ids[1...] { #expect(await socket.next("message")?.object["message_id"] as? String == id) }
            try socket.send(json: ["type": "ack", "message_id": ids[2], "id": 5])
            let acked = try #require(await socket.next("acked"))
            #expect(acked.object["id"] as? Int == 5 && acked.object["topic"] as? String == "t")
            #expect(acked.object["message_id"] as? String == ids[2])
            #expect(acked.object["epoch"] is String)
            socket.connection.disconnect()

            let again = try await TestWebSocket(relay, token: token)
            let second = try await self.subscribe(again, ["t"], reader: "w", offset: "earliest")
            #expect(second.object["cursors"] as? [String: String] == ["t": ids[2]])
            #expect(await again.next("message")?.object["message_id"] as? String == ids[3])
            again.connection.disconnect()

            #expect(try await self.poll(relay, token, ["reader": "w"]).messageIDs == Array(ids[3...]))
            let stream = try await TestEventStream(relay, token: token, query: "topics=t&reader=w")
            var seen: [String] = []
            while seen.count < 2, let event = await stream.next() {
                if event.name == "message", let id = event.id { seen.append(id) }
            }
            stream.connection.disconnect()
            #expect(seen == Array(ids[3...]))
            let reader = try await relay.send(.GET, "\(Self.path)/w", token: token)
            #expect(reader.object["lag"] as? Int == 2 && reader.object["lag_is_exact"] as? Bool == true)
            let place = try #require(reader.object["cursor"] as? String)
            let page = try await relay.send(
                .GET,
                "/api/v1/topics/t/messages?order=asc&cursor=\(place)",
                token: token
            )
            #expect(page.messageIDs == Array(ids[3...]))
        }
    }

    @Test("a poll says what is done, and begins behind it; a cursor of the client's own goes first")
    func polls() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            var ids: [String] = []
            for _ in 0..<4 { ids.append(try await relay.publish("t", token: token)) }
            #expect(try await self.poll(relay, token, ["reader": "w", "since": ["t": "0-0"]]).messageIDs == ids)
            // Nothing was acknowledged: it stands where the first poll began.
            #expect(try await self.cursor(relay, token) == "0-0")
            let done = try await self.poll(relay, token, ["reader": "w", "ack": ["t": ids[1]]])
            #expect(done.messageIDs == Array(ids[2...]))
            #expect(try await self.cursor(relay, token) == ids[1])
            let own = try await self.poll(relay, token, ["reader": "w", "since": ["t": ids[2]]])
            #expect(own.messageIDs == [ids[3]])
            for bad in ["nonsense", "99999999999999-0", "0123456789abcdef@\(ids[3])"] {
                let reply = try await self.poll(relay, token, ["reader": "w", "ack": ["t": bad]])
                #expect(reply.messageIDs == Array(ids[2...]), "\(bad)")
            }
            #expect(try await self.poll(relay, token, ["reader": "w", "ack": ["t": ids[3]]]).messageIDs == [])
        }
    }

    @Test("acks without an id have no answer, and are stored soon; those of nobody change nothing")
    func silentAcks() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let id = try await relay.publish("t", token: token)
            let plain = try await TestWebSocket(relay, token: token)
            _ = try await plain.subscribe(["t"], offset: "earliest")
            #expect(await plain.next("message") != nil)
            // As ever: without a name there is nothing to be moved.
            try plain.send(json: ["type": "ack", "message_id": id])
            try plain.send(json: ["type": "ack", "message_id": id, "topic": "t"])
            try plain.send(json: ["type": "ping"])
            #expect(await plain.next()?.type == "pong")
            try plain.send(json: ["type": "ack", "message_id": id, "id": "x"])
            let refused = try #require(await plain.next())
            #expect(refused.object["code"] as? String == "PROCESSING_ERROR")
            #expect((refused.object["details"] as? [String: Any])?["id"] as? String == "x")
            plain.connection.disconnect()

            let socket = try await TestWebSocket(relay, token: token)
            _ = try await self.subscribe(socket, ["t", "other"], reader: "w", offset: "earliest")
            #expect(await socket.next("message") != nil)
            let bad: [[String: Any]] = [
                ["message_id": id], ["message_id": id, "topic": "other"], ["message_id": id, "topic": "stranger"],
                ["message_id": id, "topic": 7], ["message_id": "nonsense", "topic": "t"],
                ["message_id": "99999999999999-1", "topic": "t"],
            ]
            for fields in bad { try socket.send(json: fields.merging(["type": "ack"]) { $1 }) }
            try socket.send(json: ["type": "ping"])
            #expect(await socket.next()?.type == "pong")
            #expect(try await self.cursor(relay, token) == "0-0")
            try socket.send(json: ["type": "ack", "message_id": id, "topic": "t"])
            while try await self.cursor(relay, token) != id { try Task.checkCancellation() }
            for fields in bad {
                try socket.send(json: fields.merging(["type": "ack", "id": 1]) { $1 })
                #expect(await socket.next()?.object["code"] as? String == "PROCESSING_ERROR", "\(fields)")
            }
            #expect(try await self.cursor(relay, token) == id)
            socket.connection.disconnect()
        }
    }

    @Test("readers are made, moved back and forth, and deleted by REST, each answer as it is stored")
    func rest() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            #expect(try await relay.send(.GET, Self.path, token: token).status == 404)
            #expect(try await relay.send(.PUT, "\(Self.path)/w", token: token, json: ["cursor": "last"]).status == 404)
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await relay.publish("t", token: token)) }
            #expect(try await relay.send(.GET, "\(Self.path)/w", token: token).status == 404)
            let made = try await relay.send(.PUT, "\(Self.path)/w", token: token, json: ["cursor": "earliest"])
            #expect(made.status == 201 && made.object["lag"] as? Int == 5)
            let ack = try await relay.send(.POST, "\(Self.path)/w/ack", token: token, json: ["message_id": ids[3]])
            #expect(ack.status == 200 && ack.object["message_id"] as? String == ids[3])
            for id in [ids[1], "99999999999999-0"] {
                let same = try await relay.send(.POST, "\(Self.path)/w/ack", token: token, json: ["message_id": id])
                #expect(same.status == 200 && same.object["message_id"] as? String == ids[3])
            }
            let back = try await relay.send(.PUT, "\(Self.path)/w", token: token, json: ["cursor": ids[0]])
            #expect(back.status == 200 && back.object["message_id"] as? String == ids[0])
            let far = try await relay.send(.PUT, "\(Self.path)/w", token: token, json: ["cursor": "99999999999999-0"])
            #expect(far.object["message_id"] as? String == ids[4])
            let bodies = ["{}", "[]", "{", #"{"cursor":7}"#, #"{"cursor":"nonsense"}"#]
            for body in bodies {
                #expect(try await relay.send(.PUT, "\(Self.path)/w", token: token, body: body).status == 422, "\(body)")
                let ack = try await relay.send(.POST, "\(Self.path)/w/ack", token: token, body: body)
                #expect(ack.status == 422, "\(body)")
            }
            for name in ["a.b", "_", String(repeating: "a", count: 65), "a%2Fb"] {
                let put = try await relay.send(.PUT, "\(Self.path)/\(name)", token: token, json: ["cursor": "last"])
                #expect(put.status == 422, "\(name)")
                #expect(try await relay.send(.GET, "\(Self.path)/\(name)", token: token).status == 404, "\(name)")
                let poll = try await self.poll(relay, token, ["reader": name])
                #expect(poll.status == 422 && poll.issues == ["body.reader"], "\(name)")
                #expect(try await relay.send(.GET, "/sse?topics=t&reader=\(name)", token: token).status == 422)
            }
            #expect(try await relay.send(.DELETE, "\(Self.path)/w", token: token).status == 204)
            #expect(try await relay.send(.DELETE, "\(Self.path)/w", token: token).status == 404)
            let gone = try await relay.send(.POST, "\(Self.path)/w/ack", token: token, json: ["message_id": ids[3]])
            #expect(gone.status == 404 && gone.detail == "Reader 'w' not found")
        }
    }

    @Test("nobody learns of others' readers but who manages the topic, and only their user moves them")
    func whose() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let (owner, guest, eve) = (
                try await relay.makeUser("owner", by: admin), try await relay.makeUser("guest", by: admin),
                try await relay.makeUser("eve", by: admin)
            )
            let id = try await relay.publish("t", token: owner.token)
            _ = try await relay.send(.PUT, "/api/v1/topics/t", token: owner.token, json: ["is_public": true])
            for user in [owner, guest] {
                let made = try await relay.send(.PUT, "\(Self.path)/w", token: user.token, json: ["cursor": "earliest"])
                #expect(made.status == 201)
            }
            func users(_ token: String) async throws -> Set<String> {
                Set(try await relay.send(.GET, Self.path, token: token).list.compactMap { $0["user_id"] as? String })
            }
            #expect(try await users(owner.token) == [owner.id, guest.id])
            #expect(try await users(admin) == [owner.id, guest.id])
            #expect(try await users(guest.token) == [guest.id])
            #expect(try await users(eve.token) == [])
            let listed = try await relay.send(.GET, Self.path, token: owner.token).list
            #expect(Set(listed.compactMap { $0["username"] as? String }) == ["owner", "guest"])
            #expect(try await relay.send(.GET, "\(Self.path)/w", token: eve.token).status == 404)
            let ack = try await relay.send(.POST, "\(Self.path)/w/ack", token: owner.token, json: ["message_id": id])
            #expect(ack.object["user_id"] as? String == owner.id && ack.object["username"] as? String == "owner")
            #expect(try await self.cursor(relay, guest.token) == "0-0")
            let others = "\(Self.path)/w?user_id=\(guest.id)"
            #expect(try await relay.send(.DELETE, others, token: eve.token).status == 403)
            #expect(try await relay.send(.DELETE, others, token: owner.token).status == 204)
            #expect(try await users(owner.token) == [owner.id])
            // Who may not read the topic may not ask, either.
            _ = try await relay.send(.PUT, "/api/v1/topics/t", token: owner.token, json: ["is_public": false])
            #expect(try await relay.send(.GET, Self.path, token: eve.token).status == 403)
            #expect(
                try await relay.send(.PUT, "\(Self.path)/w", token: eve.token, json: ["cursor": "last"]).status == 403
            )
            #expect(try await self.poll(relay, eve.token, ["reader": "w"]).status == 403)
            // A user that is deleted takes its readers along.
            #expect(try await relay.send(.DELETE, "/auth/users/\(owner.id)", token: admin).status == 204)
            #expect(try await users(admin) == [])
        }
    }

    @Test("no more readers are made than a user and a topic may have, each way to make one says so")
    func quotas() async throws {
        try await withRelay {
            $0.quotas.maxNamedReadersPerUser = 2
        } _: { relay in
            let token = try await relay.administratorToken
            _ = try await relay.publish("t", token: token)
            let detail = "You have 2 named readers, the most that a user may have"
            for name in ["a", "b"] { #expect(try await self.poll(relay, token, ["reader": name]).status == 200) }
            let poll = try await self.poll(relay, token, ["reader": "c"])
            #expect(poll.status == 403 && poll.detail == detail)
            let put = try await relay.send(.PUT, "\(Self.path)/c", token: token, json: ["cursor": "last"])
            #expect(put.status == 403 && put.detail == detail)
            #expect(try await relay.send(.GET, "/sse?topics=t&reader=c", token: token).status == 403)
            let socket = try await TestWebSocket(relay, token: token)
            let refused = try await self.subscribe(socket, ["t"], reader: "c")
            #expect(refused.type == "error" && refused.object["message"] as? String == detail)
            // It may go on without.
            #expect(try await self.subscribe(socket, ["t"], reader: "b").type == "subscribed")
            socket.connection.disconnect()
        }
    }

    @Test("a topic that is deleted and made again has no readers, and one that comes early is made by its first ack")
    func deletedTopic() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let early = try await TestWebSocket(relay, token: token)
            _ = try await self.subscribe(early, ["t"], reader: "w")
            let first = try await relay.publish("t", token: token)
            #expect(await early.next("message")?.object["message_id"] as? String == first)
            #expect(try await self.cursor(relay, token) == nil)
            try early.send(json: ["type": "ack", "message_id": first, "id": 1])
            #expect(await early.next("acked") != nil)
            #expect(try await self.cursor(relay, token) == first)
            #expect(try await relay.send(.DELETE, "/api/v1/topics/t", token: token).status == 204)
            let second = try await relay.publish("t", token: token)
            #expect(try await self.cursor(relay, token) == nil)
            let poll = try await self.poll(relay, token, ["reader": "w", "since": ["t": first]])
            #expect(poll.messageIDs == [second])
            early.connection.disconnect()
        }
    }

    @Test("a reader that stands before the oldest message is told of the gap")
    func gap() async throws {
        try await withRelay {
            $0.storage.maxMessagesPerTopic = 3
        } _: { relay in
            let token = try await relay.administratorToken
            var ids = [try await relay.publish("t", token: token)]
            _ = try await relay.send(.PUT, "\(Self.path)/w", token: token, json: ["cursor": ids[0]])
            for _ in 0..<6 { ids.append(try await relay.publish("t", token: token)) }
            let reader = try await relay.send(.GET, "\(Self.path)/w", token: token)
            #expect(reader.object["lag"] as? Int == 3 && reader.object["lag_is_exact"] as? Bool == true)
            let poll = try await self.poll(relay, token, ["reader": "w"])
            #expect(poll.messageIDs == Array(ids[4...]))
            let gap = (poll.object["gaps"] as? [String: [String: Any]])?["t"]
            #expect(gap?["after"] as? String == ids[0])
        }
    }

    @Test("kinds of topics that live with something else have no named readers")
    func otherKinds() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let created = try await relay.send(.POST, "/v1/sessions", token: token, json: [:])
            guard let id = created.object["session_id"] as? String else { return }
            let poll = try await self.poll(relay, token, ["reader": "w"], topics: ["session/\(id)"])
            #expect([403, 422].contains(poll.status))
        }
    }

    @Test("a WebSocket's acks are stored when the relay stops")
    func stopping() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/named-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let configure: (inout RelayConfiguration) -> Void = {
            $0.storage.backend = .sqlite
            $0.storage.dataDirectory = directory
        }
        let place = Place()
        try await withRelay(configure) { relay in
            let token = try await relay.administratorToken
            for _ in 0..<3 { await place.add(try await relay.publish("t", token: token)) }
            let socket = try await TestWebSocket(relay, token: token)
            _ = try await self.subscribe(socket, ["t"], reader: "w", offset: "earliest")
            try socket.send(json: ["type": "ack", "message_id": await place.ids[1]])
            try socket.send(json: ["type": "ping"])
            #expect(await socket.next("pong") != nil)
        }
        try await withRelay(configure) { relay in
            let token = try await relay.administratorToken
            #expect(try await self.cursor(relay, token) == (await place.ids)[1])
        }
    }

    private actor Place {
        private(set) var ids: [String] = []
        func add(_ id: String) { self.ids.append(id) }
    }

    @Test("two relays on one store know of each other's readers, and a reader moves between them")
    func twoRelays() async throws {
        try await withTwoRelays { one, other in
            let token = try await one.administratorToken
            var ids: [String] = []
            for _ in 0..<6 { ids.append(try await one.publish("t", token: token)) }
            let socket = try await TestWebSocket(one, token: token)
            _ = try await self.subscribe(socket, ["t"], reader: "w", offset: "earliest")
            try socket.send(json: ["type": "ack", "message_id": ids[2], "id": 1])
            #expect(await socket.next("acked") != nil)
            let poll = try await self.poll(other, token, ["reader": "w"])
            #expect(poll.messageIDs == Array(ids[3...]))
            // At the other relay it goes further, and the first can't take it back.
            _ = try await self.poll(other, token, ["reader": "w", "ack": ["t": ids[4]]])
            try socket.send(json: ["type": "ack", "message_id": ids[3], "id": 2])
            #expect(await socket.next("acked")?.object["message_id"] as? String == ids[4])
            ids.append(try await other.publish("t", token: token))
            let reply = try await other.send(.POST, "\(Self.path)/w/ack", token: token, json: ["message_id": ids[6]])
            #expect(reply.object["message_id"] as? String == ids[6] && reply.object["lag"] as? Int == 0)
            #expect(try await self.cursor(one, token) == ids[6])
            #expect(try await other.send(.DELETE, "/api/v1/topics/t", token: token).status == 204)
            _ = try await one.publish("t", token: token)
            #expect(try await self.cursor(one, token) == nil)
            socket.connection.disconnect()
        }
    }

    @Test("how far readers are behind is a metric where topics have series of their own, and else is not")
    func metrics() async throws {
        for isOn in [true, false] {
            try await withRelay {
                $0.metrics.perTopic = isOn
            } _: { relay in
                let token = try await relay.administratorToken
                _ = try await relay.publish("t", token: token)
                let socket = try await TestWebSocket(relay, token: token)
                _ = try await self.subscribe(socket, ["t"], reader: "w")
                for _ in 0..<2 { _ = try await relay.publish("t", token: token) }
                for _ in 0..<2 { #expect(await socket.next("message") != nil) }
                let lines = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
                let lag = lines.filter { $0.hasPrefix("relay_reader_lag_messages{") }
                #expect(lag.count == (isOn ? 1 : 0))
                if let line = lag.first {
                    #expect(line.contains(#"topic="t""#) && line.contains(#"reader="w""#) && line.hasSuffix(" 2"))
                }
                #expect(lines.contains { $0.hasPrefix("relay_reader_acks_waiting ") })
                socket.connection.disconnect()
            }
        }
    }
}
