import Foundation
import Testing

@testable import RelayServer

@Suite("Who hears what of what peers say over signaling sockets", .serialized, .timeLimit(.minutes(5)))
struct SignalingRowTests {
    @Test(
        "each message of a dialect's table reaches exactly the sockets it is for",
        arguments: SignalingClient.Dialect.allCases
    )
    func rows(dialect: SignalingClient.Dialect) async throws {
        try await withRelay { relay in
            try await Self.check(try await SignalingStage(relay).three(as: dialect), dialect)
        }
    }

    @Test("so it does where two relays serve the session", arguments: SignalingClient.Dialect.allCases)
    func rowsOnTwoRelays(dialect: SignalingClient.Dialect) async throws {
        try await withTwoRelays { relay, second in
            try await Self.check(try await SignalingStage(relay).three(as: dialect, on: second), dialect)
        }
    }

    private static func check(_ clients: [SignalingClient], _ dialect: SignalingClient.Dialect) async throws {
        for row in SignalingRow.all(dialect) {
            let sender = clients[row.sender]
            try sender.say(row.fields)
            for receiver in row.receivers {
                let heard = await clients[receiver].next()
                Self.check(heard, row, from: sender)
            }
            // Whoever has heard it says something more to each of the others: that is the next which those hear.
            let marker = clients[row.receivers[0]]
            for client in clients where client !== marker {
                try marker.say(row.marker.merging(["to_peer_id": client.peer]) { $1 })
                let next = await client.next()
                #expect(next.values.contains { $0 as? String == "mark" } || next["mark"] != nil, "\(row): \(next)")
            }
        }
        for client in clients { client.disconnect() }
    }

    private static func check(_ heard: [String: Any], _ row: SignalingRow, from sender: SignalingClient) {
        #expect(heard["type"] as? String == row.tag ?? row.type, "\(row): \(heard)")
        #expect(heard["session_id"] as? String == sender.session)
        let writers = ["from_peer_id", "peer_id", "sender_id"].compactMap { heard[$0] as? String }
        #expect(writers == [sender.peer], "\(row): \(heard)")
        for (name, value) in row.fields where name != "type" {
            #expect((heard[name] as? NSObject) == (value as? NSObject), "\(row): \(heard)")
        }
        #expect((heard["cursor"] as? [String: String])?.count == 1 && heard["seq"] is Int)
    }

    private static let candidate: [String: any Sendable] = [
        "ip": "192.0.2.1", "port": 4, "proto": "udp", "priority": 1, "candidate_type": "host",
    ]

    @Test("each generation hears the others in its own words")
    func mixed() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            let core = try await stage.join("x", as: .core)
            #expect(core.peer.hasPrefix("peer-"))
            let first = try await stage.join("first", ["candidates": [Self.candidate]], as: .g1)
            #expect(await host.next()["peer_id"] as? String == core.peer)
            #expect(await host.next()["peer_id"] as? String == "first")
            let joined = await core.next()
            #expect((joined["peer"] as? [String: Any])?["peer_id"] as? String == "first")
            // What came with its join, to all others.
            for client in [host, core] {
                let candidate = await client.next()
                #expect(candidate["type"] as? String == "candidate" && candidate["from_peer_id"] as? String == "first")
                #expect((candidate["candidate"] as? [String: Any])?["port"] as? Int == 4)
            }
            try core.say(["type": "chat", "text": "hi"])
            for client in [host, first] {
                let chat = await client.next()
                #expect(chat["type"] as? String == "chat_message" && chat["peer_id"] as? String == core.peer)
                #expect(chat["message"] as? String == "hi")
            }
            try host.say(["type": "chat_message", "message": "ho"])
            #expect(await core.next("chat")["sender_id"] as? String == core.peer)
            #expect(await core.next("chat")["text"] as? String == "ho")
            // The peer-connection messages are spelled as the receiver spells them.
            let address: [String: Any] = ["public_ip": "192.0.2.1", "public_port": 1]
            try first.say(address.merging(["type": "p2_p_connection_request"]) { $1 })
            #expect(await host.next("p2p_connection_request")["from_peer_id"] as? String == "first")
            try host.say(address.merging(["type": "p2p_connection_response", "to_peer_id": "first"]) { $1 })
            #expect(await first.next("p2_p_connection_response")["from_peer_id"] as? String == "host")
            for client in [host, core, first] { client.disconnect() }
        }
    }

    @Test("a reply that names nobody goes to who asked last for its like, and one that names a peer to that peer")
    func requesters() async throws {
        try await withRelay { relay in
            let clients = try await SignalingStage(relay).three()
            let (host, first, other) = (clients[0], clients[1], clients[2])
            try first.say(["type": "request_file", "file_path": "a"])
            _ = await host.next("request_file")
            try other.say(["type": "request_project_tree"])
            _ = await host.next("request_project_tree")
            let chunk: [String: Any] = [
                "type": "file_chunk", "file_path": "a", "offset": 0, "data": [1], "is_last": true,
            ]
            try host.say(chunk)
            try host.say(["type": "project_tree_response", "tree_json": "00"])
            try host.say(chunk.merging(["to_peer_id": "other", "offset": 9]) { $1 })
            #expect(await first.next()["type"] as? String == "file_chunk")
            #expect(await other.next()["type"] as? String == "project_tree_response")
            #expect(await other.next()["offset"] as? Int == 9)
            for client in clients { client.disconnect() }
        }
    }

    @Test("who comes later sees what the others show of themselves, and nobody hears its own")
    func presence() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            try host.say(["type": "cursor_update", "path": "a", "line": 1, "column": 1])
            try host.say(["type": "cursor_update", "path": "a", "line": 7, "column": 1])
            try host.say(["type": "chat_message", "message": "after"])
            #expect(await host.heard(until: "after").isEmpty)
            let late = try await stage.join("late")
            let shown = await late.next("cursor_update")
            #expect(shown["line"] as? Int == 7 && shown["peer_id"] as? String == "host")
            for client in [host, late] { client.disconnect() }
        }
    }
}
