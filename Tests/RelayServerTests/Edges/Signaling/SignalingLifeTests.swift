import Foundation
import NIOCore
import NIOHTTP1
import RelayWire
import Testing

@testable import RelayServer

@Suite("How signaling sockets begin, go on and end", .timeLimit(.minutes(5)))
struct SignalingLifeTests {
    // MARK: Strangers

    @Test(
        "a client without a token that does not join in time is closed with 4001",
        arguments: ["/v1/signaling", "/ws"]
    )
    func patience(path: String) async throws {
        try await withRelay {
            $0.signaling.joinPatience = .seconds(1)
        } _: { relay in
            let client = try await SignalingClient(relay, path)
            #expect(await client.closeCode() == 4001)
        }
    }

    @Test(
        "a cursor behind the end of a topic keeps nobody from hearing that the session is over, or that it was replaced"
    )
    func cursorAhead() async throws {
        try await withRelay { relay in
            let ahead: [String: Any] = ["cursors": ["session": "18446744073709551615-18446744073709551615"]]
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            let first = try await stage.join("first", ahead)
            let back = try await SignalingClient(relay)
            try await back.join(stage.id, "first", first.ticket, ahead.merging(["resume": first.resume]) { $1 })
            #expect(await first.closeCode() == 4010)
            let closed = try await relay.send(.POST, "\(stage.path)/close", token: host.ticket)
            #expect(closed.status == 204, "\(closed)")
            #expect(await back.closeCode() == 4004)
        }
    }

    @Test("empty frames without a tunnel are read no faster than messages, before a join and after it")
    func emptyFrames() async throws {
        try await withRelay {
            $0.signaling.messagesPerSecond = 20
        } _: { relay in
            let stage = try await SignalingStage(relay)
            for client in [
                try await stage.join("host"), try await SignalingClient(relay, token: stage.account),
            ] {
                let start = ContinuousClock.now
                for _ in 0..<60 { client.socket.send(0x82, ByteBuffer()) }
                for _ in 0..<60 { #expect(await client.next()["type"] as? String == "error") }
                #expect(ContinuousClock.now - start > .seconds(1))
                client.disconnect()
            }
        }
    }

    @Test("a ping before the join is answered", arguments: ["/v1/signaling", "/ws"])
    func ping(path: String) async throws {
        try await withRelay { relay in
            let client = try await SignalingClient(relay, path)
            try client.socket.send(json: ["type": "ping", "id": 5])
            let pong = await client.next()
            #expect(pong["type"] as? String == "pong" && pong["re"] as? Int == 5)
            client.disconnect()
        }
    }

    @Test(
        "a client without a token whose first message is no join is closed with 4001",
        arguments: [
            #"{"type":"subscribe","topics":["a"]}"#, #"{"topics":["a"]}"#, "no JSON", #"{"type":"leave"}"#,
            #"{"type":"chat_message","message":"x"}"#, #"{"type":"nothing"}"#,
        ]
    )
    func first(text: String) async throws {
        try await withRelay { relay in
            let client = try await SignalingClient(relay, "/ws")
            client.socket.send(text: text)
            #expect(await client.next()["type"] as? String == "error")
            #expect(await client.closeCode() == 4001)
        }
    }

    @Test("clients without a token are bounded by address, and give their places back when they join or leave")
    func places() async throws {
        try await withRelay {
            $0.signaling.maxStrangersPerAddress = 2
        } _: { relay in
            let stage = try await SignalingStage(relay)
            let strangers = [try await SignalingClient(relay), try await SignalingClient(relay, "/ws")]
            #expect(try await Self.status(relay) == 429)
            try await strangers[0].join(stage.id, "host", stage.token)
            let third = try await SignalingClient(relay)
            #expect(try await Self.status(relay) == 429)
            third.disconnect()
            while try await Self.status(relay) != 101 { try Task.checkCancellation() }
            for client in strangers { client.disconnect() }
        }
    }

    @Test("a relay without places for clients without a token asks for one at the handshake")
    func none() async throws {
        try await withRelay {
            $0.signaling.maxStrangersPerAddress = 0
        } _: { relay in
            let status = try await Self.status(relay)
            #expect(status == 401)
        }
    }

    private static func status(_ relay: TestRelay) async throws -> Int? {
        let connection = try await RawConnection.open(relay.port)
        connection.request("GET", "/v1/signaling", token: nil, headers: TestWebSocket.handshake)
        defer { connection.disconnect() }
        return await connection.head()?.status
    }

    @Test("what a client without a token sends is counted, and bounded")
    func bytes() async throws {
        try await withRelay {
            $0.memory.maxStrangerBytes = StrangerGate.most
        } _: { relay in
            let client = try await SignalingClient(relay)
            #expect(try await Self.status(relay) == 503)
            client.socket.send(0x01, ByteBuffer(repeating: UInt8(ascii: " "), count: StrangerGate.most))
            #expect(await client.closeCode() == 4001)
            while try await Self.status(relay) != 101 { try Task.checkCancellation() }
        }
    }

    @Test("refused joins are counted by address")
    func guessing() async throws {
        try await withRelay {
            $0.rateLimits.isEnabled = true
            $0.rateLimits.failedJoins = 3
        } _: { relay in
            let stage = try await SignalingStage(relay)
            let client = try await SignalingClient(relay)
            var codes: [String?] = []
            for _ in 0..<4 {
                try client.socket.send(
                    json: ["type": "join", "session_id": stage.id, "peer_id": "p", "join_token": "a.b.c"]
                )
                codes.append(await client.next()["code"] as? String)
            }
            #expect(codes == ["invalid_token", "invalid_token", "invalid_token", "rate_limited"])
            client.disconnect()
        }
    }

    // MARK: With a token

    @Test("a ticket opens a socket, and stands for the join's token; an account's socket on /ws may also subscribe")
    func tokens() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            let again = try await SignalingClient(relay, token: host.ticket)
            try again.socket.send(json: ["type": "join", "peer_id": "host", "resume": host.resume])
            let joined = await again.next()
            #expect(joined["type"] as? String == "joined" && joined["you"] as? String == "host", "\(joined)")
            let plain = try await TestWebSocket(relay, token: stage.account)
            #expect(try await plain.subscribe(["t"]).type == "subscribed")
            let peer = try await SignalingClient(relay, "/ws", token: stage.account)
            try await peer.join(stage.id, "first", stage.token)
            let news = await again.next()
            #expect(news["peer_id"] as? String == "first", "\(news)")
            for client in [host, again, peer] { client.disconnect() }
            plain.connection.disconnect()
        }
    }

    // MARK: Bad messages

    @Test("what can't be read, and what nobody sends, is answered; ten such in a minute close with 1008")
    func badMessages() async throws {
        try await withRelay { relay in
            let host = try await SignalingStage(relay).join("host")
            host.socket.send(text: #"{"type":"offer","id":"x"}"#)
            let bad = await host.next()
            #expect(bad["code"] as? String == "bad_message" && bad["re"] as? String == "x")
            #expect(bad["retryable"] as? Bool == false)
            for type in ["nothing", "joined", "peer_joined"] {
                try host.say(["type": type])
                #expect(await host.next()["code"] as? String == "unknown_type")
            }
            for _ in 4..<BadMessages.most { host.socket.send(text: "{") }
            #expect(await host.closeCode() == 1008)
        }
    }

    @Test("bad messages are forgiven after a minute")
    func forgiving() {
        var bad = BadMessages()
        let start = NIODeadline.uptimeNanoseconds(0)
        let slow = (0..<100).map { bad.note(at: start + .seconds(Int64($0) * 7)) }
        #expect(!slow.contains(true))
        let fast = (0..<10).map { bad.note(at: start + .seconds(10_000 + Int64($0))) }
        #expect(fast.firstIndex(of: true) == 9)
    }

    @Test("a socket may say so much a second, and as much at once after a rest")
    func budget() {
        var budget = SenderBudget(SenderBudget.Limits(messagesPerSecond: 10, bytesPerSecond: 1_000))
        let now = NIODeadline.uptimeNanoseconds(10_000_000_000)
        let burst = (0..<11).map { _ in budget.spend(1, at: now) }
        #expect(burst == Array(repeating: nil, count: 10) + [now + .milliseconds(100)])
        let later = now + .seconds(5)
        let long = [budget.spend(1_000, at: later), budget.spend(500, at: later)]
        #expect(long == [nil, later + .milliseconds(500)])
        var free = SenderBudget(SenderBudget.Limits(messagesPerSecond: 0, bytesPerSecond: 0))
        let unbounded = (0..<1_000).map { _ in free.spend(1 << 20, at: now) }
        #expect(unbounded == Array(repeating: nil, count: 1_000))
    }

    @Test("who says more than it may loses nothing, and keeps nobody else waiting")
    func flood() async throws {
        try await withRelay {
            $0.signaling.messagesPerSecond = 50
        } _: { relay in
            let clients = try await SignalingStage(relay).three()
            for number in 0..<120 { try clients[1].say(["type": "chat_message", "message": "\(number)"]) }
            try clients[2].say(["type": "ping"])
            #expect(await clients[2].next("pong")["type"] as? String == "pong")
            for number in 0..<120 { #expect(await clients[0].next()["message"] as? String == "\(number)") }
            for client in clients { client.disconnect() }
        }
    }

    // MARK: Ends

    @Test("a relay that stops says so, and closes with 1012")
    func restarting() async throws {
        try await withRelay { relay in
            let host = try await SignalingStage(relay).join("host")
            await relay.shutDown()
            #expect(await host.next()["type"] as? String == "server_draining")
            #expect(await host.closeCode() == 1012)
        }
    }

    @Test("the end of a session is told, and closes with 4004")
    func closed() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let clients = try await stage.three()
            #expect(try await relay.send(.POST, stage.path + "/close", token: clients[0].ticket).status == 204)
            for client in clients {
                #expect(await client.next("session_state")["state"] as? String == "closing")
                #expect(await client.next("error")["code"] as? String == "session_closed")
                #expect(await client.closeCode() == 4004)
            }
        }
    }

    @Test("a socket that is gone is told at once, its peer comes back as who it was and gets what it has missed")
    func comingBack() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let clients = try await stage.three()
            let (host, first) = (clients[0], clients[1])
            first.disconnect()
            #expect(await host.next()["type"] as? String == "peer_away")
            try host.say(["type": "offer", "to_peer_id": "first", "sdp": "missed"])
            try host.say(["type": "chat_message", "message": "also missed"])
            #expect(await host.next()["message"] as? String == "also missed")
            let back = try await SignalingClient(relay)
            try await back.join(stage.id, "first", first.ticket, ["resume": first.resume])
            #expect(await host.next()["type"] as? String == "peer_returned")
            #expect(back.resume != first.resume)
            var heard = [await back.next(), await back.next()]
            while !heard.contains(where: { $0["sdp"] as? String == "missed" })
                || !heard.contains(where: { $0["message"] as? String == "also missed" })
            {
                heard.append(await back.next())
                try Task.checkCancellation()
            }
            // By its cursors it hears exactly what came after.
            let cursor = heard.compactMap { ($0["cursor"] as? [String: String])?["session"] }.last
            back.disconnect()
            let third = try await SignalingClient(relay)
            let fields: [String: Any] = ["resume": back.resume, "cursors": ["session": cursor ?? ""]]
            try await third.join(stage.id, "first", back.ticket, fields)
            #expect((third.joined["cursors"] as? [String: String])?["session"] == cursor)
            try host.say(["type": "chat_message", "message": "end"])
            #expect(await !third.heard(until: "end").contains("chat_message"))
            for client in [host, third, clients[2]] { client.disconnect() }
        }
    }

    @Test("who asks for what is not kept any more is told of the gap once")
    func gap() async throws {
        try await withRelay {
            $0.storage.maxMessagesPerTopic = 3
            $0.hotTier.maxMessagesPerTopic = 2
        } _: { relay in
            let stage = try await SignalingStage(relay)
            let (host, first) = (try await stage.join("host"), try await stage.join("first"))
            try host.say(["type": "end_of_candidates", "number": 0])
            let cursor = await first.next("end_of_candidates")["cursor"] as? [String: String]
            for number in 1...20 { try host.say(["type": "end_of_candidates", "number": number]) }
            while await first.next("end_of_candidates")["number"] as? Int != 20 { try Task.checkCancellation() }
            let back = try await SignalingClient(relay)
            try await back.join(stage.id, "first", first.ticket, ["resume": first.resume, "cursors": cursor ?? [:]])
            var types: [String] = []
            while types.last != "end_of_candidates" { types.append(await back.next()["type"] as? String ?? "") }
            #expect(types.filter { $0 == "gap" }.count == 1)
            for client in [host, first, back] { client.disconnect() }
        }
    }

    @Test("a peer has a new ticket before its own ends, and the session lives on by it")
    func renewal() async throws {
        try await withRelay {
            $0.sessions.lifetime = .seconds(9)
        } _: { relay in
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            let renewed = await host.next("ticket_renewed")
            let ticket = try #require(renewed["join_token"] as? String)
            #expect(ticket != host.ticket && renewed["expires_at"] is Int)
            #expect(try await relay.send(.GET, stage.path, token: ticket).status == 200)
            host.disconnect()
        }
    }
}
