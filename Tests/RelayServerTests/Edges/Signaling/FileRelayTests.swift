import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("Files and git objects as JSON, from the host to who asks", .timeLimit(.minutes(3)))
struct FileRelayTests {
    /// A session with its host and the peers `a` and `b` on their sockets.
    private struct Peers {
        let host: SignalingClient
        let a: SignalingClient
        let b: SignalingClient
        private let relay: TestRelay

        init(_ relay: TestRelay, roleOfB: String = "editor") async throws {
            self.relay = relay
            let account = try await relay.administratorToken
            let made = try await relay.send(.POST, "/v1/sessions", token: account, json: ["host_id": "host"])
            let id = try #require(made.object["session_id"] as? String, "\(made)")
            let claim = try #require(made.object["join_token"] as? String)
            self.host = try await SignalingClient(relay, token: account)
            try await self.host.join(id, "host", claim)
            self.a = try await Self.join("a", "editor", id, self.host, relay)
            self.b = try await Self.join("b", roleOfB, id, self.host, relay)
        }

        private static func join(
            _ peer: String,
            _ role: String,
            _ id: String,
            _ host: SignalingClient,
            _ relay: TestRelay
        ) async throws -> SignalingClient {
            let ticket = try #require(host.joined["join_token"] as? String)
            let path = "/v1/sessions/\(id)/invites"
            let invited = try await relay.send(.POST, path, token: ticket, json: ["role": role])
            let client = try await SignalingClient(relay)
            try await client.join(id, peer, try #require(invited.object["token"] as? String, "\(invited)"))
            return client
        }

        /// What each has heard, until it hears a chat message that comes last.
        func heard(_ mark: String = "mark") async throws -> (host: [String], a: [String], b: [String]) {
            try self.host.say(["type": "chat_message", "message": mark])
            return (
                await self.host.heard(until: mark), await self.a.heard(until: mark), await self.b.heard(until: mark)
            )
        }

        func disconnect() { for client in [self.host, self.a, self.b] { client.disconnect() } }
    }

    /// A request, and what the host answers.
    private static let pairs: [(request: [String: any Sendable], reply: [String: any Sendable])] = [
        (
            ["type": "request_git_objects", "commit_hash": "abc"],
            ["type": "git_objects_chunk", "objects_json": "[]", "chunk_index": 0, "total_chunks": 1]
        ),
        (["type": "request_file_manifest"], ["type": "file_manifest", "manifest_json": "{}"]),
        (
            ["type": "request_files", "file_paths": ["a.txt"]],
            ["type": "files_chunk", "files_json": "[]", "chunk_index": 0, "total_chunks": 1]
        ),
        (["type": "request_project_tree"], ["type": "project_tree_response", "tree_json": "abc"]),
        (
            ["type": "request_file", "file_path": "a.txt"],
            ["type": "file_chunk", "file_path": "a.txt", "offset": 0, "data": [1, 2], "is_last": true]
        ),
    ]

    @Test("a request goes to the host alone, and what answers it to who asked alone", arguments: 0..<5)
    func requesterOnly(pair: Int) async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            _ = try await peers.heard("begin")
            let (request, reply) = Self.pairs[pair]
            let type = try #require(request["type"] as? String)
            try peers.a.say(request)
            #expect(await peers.host.next(type)["from_peer_id"] as? String == "a")
            try peers.host.say(reply)
            #expect(await peers.a.next(try #require(reply["type"] as? String))["from_peer_id"] as? String == "host")
            let heard = try await peers.heard()
            #expect(heard.host.isEmpty && heard.a.isEmpty && heard.b.isEmpty, "\(heard)")
            peers.disconnect()
        }
    }

    @Test("of two that asked the last gets what names nobody, and who is named what names somebody")
    func lastRequester() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            _ = try await peers.heard("begin")
            for client in [peers.a, peers.b] { try client.say(["type": "request_git_objects", "commit_hash": "abc"]) }
            let reply: [String: Any] = [
                "type": "git_objects_chunk", "objects_json": "[]", "chunk_index": 0, "total_chunks": 1,
            ]
            var last = ""
            for _ in 0..<2 { last = await peers.host.next("request_git_objects")["from_peer_id"] as? String ?? "" }
            try peers.host.say(reply)
            let (asker, other) = last == "a" ? (peers.a, peers.b) : (peers.b, peers.a)
            #expect(await asker.next("git_objects_chunk")["from_peer_id"] as? String == "host")
            try peers.host.say(reply.merging(["to_peer_id": other.peer]) { $1 })
            #expect(await other.next("git_objects_chunk")["from_peer_id"] as? String == "host")
            let heard = try await peers.heard()
            #expect(heard.a.isEmpty && heard.b.isEmpty, "\(heard)")
            peers.disconnect()
        }
    }

    @Test("pieces that answer nobody's request reach nobody, nor do those of a peer that may not edit")
    func unasked() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay, roleOfB: "observer")
            _ = try await peers.heard("begin")
            let piece: [String: Any] = ["type": "files_chunk", "files_json": "[]", "chunk_index": 0, "total_chunks": 1]
            try peers.host.say(piece)
            #expect(await peers.host.next()["type"] as? String == "error")
            try peers.b.say(piece.merging(["to_peer_id": "a"]) { $1 })
            #expect(await peers.b.next()["code"] as? String == "forbidden")
            // A peer that only observes may ask.
            try peers.b.say(["type": "request_git_objects", "commit_hash": "abc"])
            #expect(await peers.host.next("request_git_objects")["from_peer_id"] as? String == "b")
            let heard = try await peers.heard()
            #expect(heard.a.isEmpty && heard.b.isEmpty, "\(heard)")
            peers.disconnect()
        }
    }

    @Test("pieces come whole and in the order in which they were sent")
    func order() async throws {
        try await withRelay { relay in
            let peers = try await Peers(relay)
            try peers.a.say(["type": "request_git_objects", "commit_hash": "abc"])
            _ = await peers.host.next("request_git_objects")
            for index in 0..<12 {
                let objects = String(repeating: "\(index % 10)", count: 100_000)
                try peers.host.say([
                    "type": "git_objects_chunk", "objects_json": objects, "chunk_index": index, "total_chunks": 12,
                ])
            }
            for index in 0..<12 {
                let piece = await peers.a.next("git_objects_chunk")
                #expect(piece["chunk_index"] as? Int == index)
                #expect(piece["objects_json"] as? String == String(repeating: "\(index % 10)", count: 100_000))
            }
            peers.disconnect()
        }
    }

    @Test("a piece has a largest size: beyond it its sender is told, and nobody gets it")
    func tooLarge() async throws {
        try await withRelay {
            $0.sessions.maxFileBytes = 100_000
        } _: { relay in
            let peers = try await Peers(relay)
            _ = try await peers.heard("begin")
            let objects = String(repeating: "x", count: 100_001)
            try peers.host.say([
                "type": "git_objects_chunk", "to_peer_id": "a", "objects_json": objects, "chunk_index": 0,
                "total_chunks": 1,
            ])
            #expect(await peers.host.next()["code"] as? String == "too_large")
            let heard = try await peers.heard()
            #expect(heard.a.isEmpty && heard.b.isEmpty, "\(heard)")
            peers.disconnect()
        }
    }
}
