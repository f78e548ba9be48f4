import NIOHTTP1
import RelayServer
import Testing

@Suite("Long polls of a running relay")
struct PollLiveTests {
    @Test("a poll whose client has left leaves no waiter, at whatever moment it left", .timeLimit(.minutes(1)))
    func released() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let waiting = try await relay.openPoll(["t"], token: admin)
            try await relay.untilWaiters(1, token: admin)
            waiting.disconnect()
            try await relay.untilWaiters(0, token: admin)
            for number in 0..<40 {
                // A token and a topic that are new to the relay have to be looked up, and the client is gone by then.
                let token = number % 4 == 0 ? try await relay.administratorToken : admin
                try await relay.openPoll(["new\(number)"], token: token).disconnect()
            }
            // Answered after all of those were: whoever still waits now waits for ever.
            #expect(try await relay.poll(["t"], token: admin, timeout: 1).messageIDs == [])
            try await relay.untilWaiters(0, token: admin)
        }
    }

    @Test("no more polls than a user may have wait, and a place is free once one has ended", .timeLimit(.minutes(1)))
    func quota() async throws {
        try await withRelay {
            $0.poll.maxWaitersPerUser = 1
        } _: { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("user", by: admin)
            let first = try await relay.openPoll(["t"], token: user.token)
            try await relay.untilWaiters(1, token: user.token)
            let refused = try await relay.poll(["t"], token: user.token)
            #expect(refused.status == 429)
            #expect(refused.detail == "Too many concurrent poll connections")
            try await relay.publish("t", token: user.token)
            #expect(await first.reply()?.messageIDs.count == 1)
            #expect(try await relay.poll(["t"], token: user.token, timeout: 1).status == 200)
        }
    }

    @Test("a cursor that is nonsense starts at the oldest message, and a map of strangers counts for nothing")
    func cursors() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let ids = [try await relay.publish("t", token: admin), try await relay.publish("t", token: admin)]
            for cursor in [
                "", "bogus", "msg_0123456789ab", "-", "-1-0", "99999999999999999999999-0", "1-2-3", "\0", "é",
            ] {
                #expect(
                    try await relay.poll(["t", "t"], token: admin, since: ["t": cursor]).messageIDs == ids,
                    "\(cursor)"
                )
            }
            #expect(try await relay.poll(["t"], token: admin, since: ["t": ids[0]]).messageIDs == [ids[1]])
            let strangers = (0..<40_000).map { #""s\#($0)":"1-0""# }.joined(separator: ",")
            let body = #"{"topics":["t"],"timeout":1,"since":{\#(strangers),"t":"\#(ids[0])"}}"#
            let many = try await relay.send(.POST, "/messages/poll", token: admin, body: body)
            #expect(many.messageIDs == [ids[1]])
            let million = #"{"topics":["t"],"since":{\#(String(repeating: "\"a\":\"\",", count: 1_000_000))"b":""}}"#
            // A client of HTTP may take it for a failure that the answer comes before all is sent.
            let connection = try await RawConnection.open(relay.port)
            connection.request("POST", "/messages/poll", token: admin, body: million)
            #expect(await connection.reply()?.status == 413)
            let twice = #"{"topics":["t"],"since":{"t":"\#(ids[1])","t":"\#(ids[0])"}}"#
            #expect(try await relay.send(.POST, "/messages/poll", token: admin, body: twice).status == 200)
        }
    }

    @Test("who waited before a topic was made gets nothing of it where it is private", .timeLimit(.minutes(1)))
    func earlySubscriber() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = try await relay.makeUser("early", by: admin)
            let socket = try await TestWebSocket(relay, token: user.token)
            defer { socket.connection.disconnect() }
            #expect(try await socket.subscribe(["secret", "own"]).type == "subscribed")
            let stream = try await TestEventStream(relay, token: user.token, query: "topics=secret,own")
            let poll = try await relay.openPoll(["secret", "own"], token: user.token)
            try await relay.untilWaiters(1, token: admin)
            try await relay.publish("secret", token: admin)
            let own = try await relay.publish("own", token: user.token)
            #expect(await poll.reply()?.messageIDs == [own])
            while let frame = await socket.next() {
                #expect(frame.object["topic"] as? String != "secret" || frame.type == "error")
                if frame.object["message_id"] as? String == own { break }
            }
            while let event = await stream.next() {
                #expect(event.object["topic"] as? String != "secret" || event.name == "error")
                if event.object["message_id"] as? String == own { break }
            }
            #expect(try await relay.poll(["secret"], token: user.token).status == 403)
        }
    }

    @Test("a deleted topic's messages are not served when it is made again", .timeLimit(.minutes(1)))
    func deleted() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let old = try await relay.publish("t", token: admin)
            #expect(try await relay.send(.DELETE, "/api/v1/topics/t", token: admin).status == 204)
            let new = try await relay.publish("t", token: admin)
            #expect(new != old)
            #expect(try await relay.poll(["t"], token: admin, since: ["t": "0"]).messageIDs == [new])
        }
    }
}
