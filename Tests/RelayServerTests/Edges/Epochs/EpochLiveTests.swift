import NIOHTTP1
import RelayServer
import Testing

@Suite("Epochs, on every edge of a running relay", .timeLimit(.minutes(1)))
struct EpochLiveTests {
    /// A topic that was deleted and has begun anew, and the cursor of somebody who read it before.
    private struct Renewed {
        let admin: String
        let oldCursor: String
        let oldID: String
        let epoch: String
        let ids: [String]
    }

    private func epoch(of topic: String, _ relay: TestRelay, _ token: String) async throws -> String {
        let epochs = try await relay.poll([topic], token: token, since: [topic: "0"]).object["epochs"]
        return try #require((epochs as? [String: String])?[topic])
    }

    private func renewed(_ relay: TestRelay) async throws -> Renewed {
        let admin = try await relay.administratorToken
        let old = try await relay.publish("t", token: admin)
        let before = try await self.epoch(of: "t", relay, admin)
        #expect(before.utf8.count == 16)
        #expect(try await relay.send(.DELETE, "/api/v1/topics/t", token: admin).status == 204)
        let ids = [try await relay.publish("t", token: admin), try await relay.publish("t", token: admin)]
        let after = try await self.epoch(of: "t", relay, admin)
        #expect(after != before)
        return Renewed(admin: admin, oldCursor: "\(before)@\(old)", oldID: old, epoch: after, ids: ids)
    }

    /// A stream of which only its first cursor has been read.
    private func open(_ relay: TestRelay, _ token: String, _ query: String, lastEventID: String? = nil) async throws
        -> (
            TestEventStream, cursor: String?
        )
    {
        let stream = try await TestEventStream(relay, token: token, query: query, lastEventID: lastEventID)
        _ = await stream.next()
        return (stream, await stream.next()?.id)
    }

    private func isGap(_ value: Any?, _ topic: Renewed) -> Bool {
        let gap = value as? [String: Any]
        return gap?["after"] as? String == topic.oldID && gap?["resumed_from"] as? String == topic.ids[0]
            && gap?["epoch"] as? String == topic.epoch
    }

    @Test("a poll with the old epoch has a gap, with the new one it has none")
    func poll() async throws {
        try await withRelay { relay in
            let topic = try await self.renewed(relay)
            let old = try await relay.poll(["t"], token: topic.admin, since: ["t": topic.oldCursor])
            #expect(old.messageIDs == topic.ids)
            #expect(self.isGap((old.object["gaps"] as? [String: Any])?["t"], topic))
            #expect(old.object["epochs"] as? [String: String] == ["t": topic.epoch])
            let new = try await relay.poll(["t"], token: topic.admin, since: ["t": "\(topic.epoch)@\(topic.ids[0])"])
            #expect(new.messageIDs == [topic.ids[1]])
            #expect(new.object["gaps"] == nil)
        }
    }

    @Test("a poll that waits in vain with an old epoch is told none: the gap is still to come")
    func pollInVain() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let old = try await relay.publish("t", token: admin)
            let before = try await self.epoch(of: "t", relay, admin)
            #expect(try await relay.send(.DELETE, "/api/v1/topics/t", token: admin).status == 204)
            let cursor = "\(before)@\(old)"
            let vain = try await relay.poll(["t", "none"], token: admin, since: ["t": cursor], timeout: 1)
            #expect(vain.messageIDs == [])
            #expect(vain.object["epochs"] as? [String: String] ?? [:] == ["t": before])
            let id = try await relay.publish("t", token: admin)
            let reply = try await relay.poll(["t"], token: admin, since: ["t": cursor])
            #expect(reply.messageIDs == [id])
            #expect((reply.object["gaps"] as? [String: Any])?["t"] != nil)
        }
    }

    @Test(
        "a WebSocket is told the epoch with its cursors, and of the gap before the first message",
        arguments: [true, false]
    )
    func webSocket(byOffset: Bool) async throws {
        try await withRelay { relay in
            let topic = try await self.renewed(relay)
            let socket = try await TestWebSocket(relay, token: topic.admin)
            let subscribed = try await socket.subscribe(
                ["t"],
                offset: byOffset ? topic.oldCursor : nil,
                cursors: byOffset ? [:] : ["t": topic.oldCursor]
            )
            #expect(subscribed.type == "subscribed")
            let gap = try #require(await socket.next())
            #expect(gap.type == "gap")
            #expect(self.isGap(gap.object, topic))
            #expect(await socket.next()?.object["message_id"] as? String == topic.ids[0])
            let other = try await TestWebSocket(relay, token: topic.admin)
            let fresh = try await other.subscribe(["t", "none"])
            #expect(fresh.object["epochs"] as? [String: String] == ["t": topic.epoch])
            #expect((fresh.object["cursors"] as? [String: String])?["t"] == topic.ids[1])
        }
    }

    @Test("an event stream gives epochs with its ids to those who ask, and to those who come with one")
    func eventStream() async throws {
        try await withRelay { relay in
            let topic = try await self.renewed(relay)
            let (plain, start) = try await self.open(relay, topic.admin, "topics=t&offset=earliest")
            #expect(start == topic.oldID)
            #expect(await plain.next()?.id == topic.ids[0])
            let (asked, first) = try await self.open(relay, topic.admin, "topics=t&offset=earliest&epochs=1")
            #expect(first == "\(topic.epoch)@\(topic.oldID)")
            #expect(await asked.next()?.id == "\(topic.epoch)@\(topic.ids[0])")
            let (came, known) = try await self.open(relay, topic.admin, "topics=t", lastEventID: topic.oldCursor)
            #expect(known == topic.oldCursor)
            let gap = try #require(await came.next())
            #expect(gap.name == "gap")
            #expect(gap.id == nil)
            #expect(self.isGap(gap.object, topic))
            #expect(await came.next()?.id == "\(topic.epoch)@\(topic.ids[0])")
        }
    }

    @Test("an event stream of several topics gives each topic's epoch")
    func eventStreamOfSeveral() async throws {
        try await withRelay { relay in
            let topic = try await self.renewed(relay)
            let last = "t:\(topic.oldCursor),none:bogus"
            let (stream, start) = try await self.open(relay, topic.admin, "topics=t,none", lastEventID: last)
            #expect(start == "t:\(topic.oldCursor),none:0-0")
            #expect(await stream.next()?.name == "gap")
            #expect(await stream.next()?.id == "t:\(topic.epoch)@\(topic.ids[0]),none:0-0")
        }
    }

    @Test("history tells its epoch, and oldest first of a gap")
    func history() async throws {
        try await withRelay { relay in
            let topic = try await self.renewed(relay)
            let path = "/api/v1/topics/t/messages?order=asc&cursor="
            let old = try await relay.send(.GET, path + topic.oldCursor, token: topic.admin)
            #expect(old.messageIDs == topic.ids)
            #expect(old.object["epoch"] as? String == topic.epoch)
            #expect(self.isGap(old.object["gap"], topic))
            let trimmed = try await relay.send(.GET, path + topic.oldID, token: topic.admin)
            #expect(trimmed.messageIDs == topic.ids)
            let new = try await relay.send(.GET, path + "\(topic.epoch)@\(topic.ids[0])", token: topic.admin)
            #expect(new.messageIDs == [topic.ids[1]])
            #expect(new.object["gap"] == nil)
            let newest = try await relay.send(.GET, "/api/v1/topics/t/messages?limit=1", token: topic.admin)
            #expect(newest.object["epoch"] as? String == topic.epoch)
        }
    }
}
