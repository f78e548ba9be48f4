import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

/// Each fault of the reference's signaling, as a test that fails where it comes back.
@Suite("Faults of signaling that are none here", .timeLimit(.minutes(5)))
struct SignalingDefectTests {
    @Test("a socket speaks for its own peer and session only, and for none before it has joined")
    func identity() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let clients = try await stage.three()
            let (host, first) = (clients[0], clients[1])
            for lie in [["peer_id": "host"], ["session_id": "another"], ["from_peer_id": "other", "peer_id": "other"]] {
                for type in ["chat_message", "leave", "kick_user"] {
                    let fields = ["type": type, "message": "x", "target_peer_id": "other", "id": "7"]
                    try first.say(fields.merging(lie) { $1 })
                    let answer = await first.next()
                    #expect(answer["code"] as? String == "peer_mismatch" && answer["re"] as? String == "7")
                }
            }
            let outside = try await SignalingClient(relay, token: stage.account)
            let chat = ["type": "chat_message", "session_id": stage.id, "peer_id": "host", "message": "x"]
            try outside.socket.send(json: chat)
            #expect(await outside.next()["code"] as? String == "unauthenticated")
            try host.say(["type": "chat_message", "message": "end"])
            for client in clients { #expect(await client.heard(until: "end").isEmpty) }
            for client in clients + [outside] { client.disconnect() }
        }
    }

    @Test("a peer's ticket_renewed, gap or pong reaches nobody, over the socket and by the ordinary routes")
    func forged() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let clients = try await stage.three()
            let first = clients[1]
            for type in ["ticket_renewed", "gap", "pong", "error", "joined", "server_draining"] {
                let words: [String: any Sendable] = [
                    "type": type, "to_peer_id": "host", "join_token": "stolen", "token": "stolen", "expires_at": 1,
                    "topic": "signal",
                    "after": "1-0", "code": "kicked", "message": "x",
                ]
                try first.say(words)
                for part in ["", "/signal", "/presence", "/files", "/punch"] {
                    let reply = try await relay.send(
                        .POST,
                        "/api/v1/messages",
                        token: first.ticket,
                        json: ["topic": "session/\(stage.id)\(part)", "payload": words]
                    )
                    #expect(reply.status == 422, "\(type) on \(part): \(reply)")
                }
            }
            try first.say(["type": "chat_message", "message": "end"])
            for client in [clients[0], clients[2]] {
                let heard = await client.heard(until: "end")
                #expect(heard.isEmpty, "\(heard)")
            }
            for client in clients { client.disconnect() }
        }
    }

    @Test("nobody takes the host's peer id, and the end of a replaced socket takes out nobody")
    func hostReplaced() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let (host, first) = (try await stage.join("host"), try await stage.join("first"))
            let thief = try await SignalingClient(relay)
            try thief.socket.send(
                json: ["type": "join", "session_id": stage.id, "peer_id": "host", "join_token": stage.token]
            )
            #expect(await thief.next()["code"] as? String == "conflict")
            try first.say(["type": "request_file_manifest"])
            #expect(await host.next("request_file_manifest")["from_peer_id"] as? String == "first")
            // The host itself comes back, by its resume token.
            let again = try await SignalingClient(relay)
            try await again.join(stage.id, "host", host.ticket, ["resume": host.resume])
            #expect(await host.closeCode() == 4010)
            try first.say(["type": "request_file_manifest"])
            #expect(await again.next("request_file_manifest")["from_peer_id"] as? String == "first")
            try again.say(["type": "chat_message", "message": "end"])
            #expect(await !first.heard(until: "end").contains("peer_left"))
            for client in [first, again, thief] { client.disconnect() }
        }
    }

    @Test("only who may kick does, whoever came first; the host stands first")
    func kicking() async throws {
        try await withRelay { relay in
            let clients = try await SignalingStage(relay).three()
            #expect((clients[2].joined["participants"] as? [String])?.first == "host")
            try clients[1].say(["type": "kick_user", "target_peer_id": "other", "id": 1])
            let refused = await clients[1].next()
            #expect(refused["code"] as? String == "forbidden" && refused["re"] as? Int == 1)
            try clients[0].say(["type": "kick_user", "target_peer_id": "other"])
            #expect(await clients[0].next("peer_left")["peer_id"] as? String == "other")
            for client in clients { client.disconnect() }
        }
    }

    @Test("who is kicked is told why, is closed with 4003, and does not come back")
    func kicked() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let clients = try await stage.three()
            try clients[0].say(["type": "kick_user", "target_peer_id": "other", "reason": "noise"])
            let told = await clients[2].next("kicked")
            #expect(told["reason"] as? String == "noise" && told["session_id"] as? String == stage.id)
            #expect(await clients[2].closeCode() == 4003)
            #expect(await clients[1].next()["type"] as? String == "peer_left")
            for (token, fields) in [(clients[2].ticket, ["resume": clients[2].resume]), (stage.token, [:])] {
                let back = try await SignalingClient(relay)
                let join = ["type": "join", "session_id": stage.id, "peer_id": "other", "join_token": token]
                try back.socket.send(json: join.merging(fields) { $1 })
                #expect(await back.next()["type"] as? String == "error")
                back.disconnect()
            }
            for client in clients[..<2] { client.disconnect() }
        }
    }

    @Test("without a host its requests are refused, and the session is over or waits, as it was made")
    func hostGone() async throws {
        try await withRelay { relay in
            let waiting = try await SignalingStage(relay, ["host_policy": "wait"]).three()
            try waiting[0].say(["type": "leave"])
            #expect(await waiting[0].closeCode() == 1000)
            #expect(await waiting[1].next("peer_left")["peer_id"] as? String == "host")
            try waiting[1].say(["type": "request_file_manifest", "id": "q"])
            let answer = await waiting[1].next("error")
            #expect(answer["code"] as? String == "not_found" && answer["re"] as? String == "q")

            let ending = try await SignalingStage(relay, ["host_policy": "close"]).three()
            try ending[0].say(["type": "leave"])
            #expect(await ending[1].next("session_state")["state"] as? String == "closing")
            let error = await ending[1].next("error")
            #expect(error["code"] as? String == "session_closed")
            #expect(await ending[1].closeCode() == 4004)
            for client in waiting[1...] + ending[2...] { client.disconnect() }
        }
    }

    @Test("a second join on a socket is refused, and leaves no ghost")
    func secondJoin() async throws {
        try await withRelay { relay in
            let (stage, second) = (try await SignalingStage(relay), try await SignalingStage(relay))
            let host = try await stage.join("host")
            try host.socket.send(
                json: ["type": "join", "session_id": second.id, "peer_id": "host", "join_token": second.token]
            )
            #expect(await host.next()["code"] as? String == "peer_mismatch")
            try host.socket.send(json: ["type": "join", "join_token": second.token])
            #expect(await host.next()["code"] as? String == "conflict")
            let other = try await second.join("host")
            #expect(other.joined["participants"] as? [String] == ["host"])
            for client in [host, other] { client.disconnect() }
        }
    }

    @Test("who does not read keeps nobody waiting, and makes the relay hold little")
    func stalledReader() async throws {
        try await withRelay {
            $0.signaling.messagesPerSecond = 0
            $0.signaling.bytesPerSecond = 0
        } _: { relay in
            let clients = try await SignalingStage(relay).three()
            try await clients[2].socket.connection.channel.setOption(.autoRead, value: false).get()
            let text = String(repeating: "x", count: 60_000)
            for number in 0..<200 {
                try clients[1].say(["type": "replication_update", "data": text, "number": number])
                #expect(await clients[0].next("replication_update")["number"] as? Int == number)
            }
            // What the socket does not take stays in the stream: 12 MB were said.
            let metrics = try await relay.send(.GET, "/metrics").text.split(separator: "\n")
            let line = metrics.first { $0.hasPrefix("relay_memory_bytes{account=\"answers\"}") }
            let held = line?.split(separator: " ").last.flatMap { Int($0) } ?? .max
            #expect(held < 4 << 20)
            try await clients[2].socket.connection.startReading()
            #expect(await clients[2].next("replication_update")["type"] as? String == "replication_update")
            for client in clients { client.disconnect() }
        }
    }

    @Test("a piece of a file goes to the peer that it names, and to nobody else")
    func targets() async throws {
        try await withRelay { relay in
            let clients = try await SignalingStage(relay).three()
            let chunk: [String: Any] = ["type": "files_chunk", "files_json": "[]", "chunk_index": 0, "total_chunks": 1]
            try clients[0].say(chunk.merging(["to_peer_id": "first"]) { $1 })
            try clients[0].say(["type": "file_changed", "path": "a", "kind": "modified"])
            #expect(await clients[1].next()["type"] as? String == "files_chunk")
            for client in clients { #expect(await client.next()["type"] as? String == "file_changed") }
            for client in clients { client.disconnect() }
        }
    }

    @Test(
        "a blank token makes a session and enters none; a token enters its own session only; text that is no token harms nothing"
    )
    func tokens() async throws {
        try await withRelay { relay in
            let (stage, second) = (try await SignalingStage(relay), try await SignalingStage(relay))
            let host = try await stage.join("host")
            let client = try await SignalingClient(relay, token: stage.account)
            let join: [String: Any] = ["type": "join", "session_id": stage.id, "peer_id": "p"]
            for (token, code) in [
                ("", "invalid_token"), (second.token, "session_mismatch"), ("eé", "invalid_token"),
                ("+f+f", "invalid_token"), ("a.b.c", "invalid_token"),
            ] {
                try client.socket.send(json: join.merging(["join_token": token]) { $1 })
                let answer = await client.next()
                #expect(answer["code"] as? String == code, "\(token): \(answer)")
            }
            try await client.join("", "p", "")
            #expect(client.session != stage.id && client.joined["host_peer_id"] as? String == "p")
            let stranger = try await SignalingClient(relay)
            try stranger.socket.send(json: ["type": "join", "peer_id": "p", "join_token": ""])
            #expect(await stranger.next()["code"] as? String == "unauthenticated")
            for client in [host, client, stranger] { client.disconnect() }
        }
    }
}
