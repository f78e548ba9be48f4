import Foundation
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("Roles, locks and permissions over signaling sockets", .timeLimit(.minutes(3)))
struct SignalingLockTests {
    @Test("observers read and talk; they edit, send files, lock and kick nothing")
    func observers() async throws {
        try await withRelay { relay in
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            let observer = try await SignalingClient(relay)
            let invite = try await stage.invite(["role": "observer"], by: host.ticket)
            try await observer.join(stage.id, "observer", invite)
            let edits: [[String: Any]] = [
                ["type": "file_changed", "path": "a", "kind": "modified"],
                [
                    "type": "file_chunk", "file_path": "a", "offset": 0, "data": [1], "is_last": true,
                    "to_peer_id": "host",
                ],
                ["type": "replication_update", "data": "{}"],
                ["type": "state_update", "element_id": "e", "state": 1],
                ["type": "request_lock", "element_id": "e"],
                ["type": "kick_user", "target_peer_id": "host"],
            ]
            for edit in edits {
                try observer.say(edit.merging(["id": "e"]) { $1 })
                let refused = await observer.next()
                #expect(
                    refused["code"] as? String == "forbidden" && refused["re"] as? String == "e",
                    "\(edit): \(refused)"
                )
            }
            try observer.say(["type": "request_permission", "element_id": "e", "permission": "edit"])
            #expect(await observer.next()["type"] as? String == "permission_denied")
            try observer.say(["type": "request_permission", "element_id": "e", "permission": "read"])
            #expect(await observer.next()["type"] as? String == "permission_granted")
            try observer.say(["type": "chat_message", "message": "hi"])
            #expect(await host.next("chat_message")["peer_id"] as? String == "observer")
            for client in [host, observer] { client.disconnect() }
        }
    }

    @Test("a lock is one peer's, with a number that grows, until it gives it back or goes", arguments: [false, true])
    func locks(isCore: Bool) async throws {
        try await withRelay { relay in
            let clients = try await SignalingStage(relay).three(as: isCore ? .core : .g3)
            let (host, first, other) = (clients[0], clients[1], clients[2])
            let lock = ["type": "request_lock", "element_id": "e"]
            try first.say(lock)
            var fences: [Int] = []
            for client in clients {
                let granted = await client.next()
                #expect(granted["type"] as? String == "lock_granted" && granted["peer_id"] as? String == first.peer)
                fences.append(granted["fence"] as? Int ?? 0)
            }
            // Who has it keeps it, and is told so alone.
            try first.say(lock.merging(["id": "again"]) { $1 })
            let kept = await first.next()
            #expect(kept["fence"] as? Int == fences[0] && kept["re"] as? String == "again")
            try other.say(lock.merging(["id": "o"]) { $1 })
            let denied = await other.next()
            #expect(denied["type"] as? String == "lock_denied" && denied["peer_id"] as? String == first.peer)
            #expect(denied["re"] as? String == "o" && denied["reason"] is String)
            try other.say(["type": "request_permission", "element_id": "e", "permission": "edit"])
            #expect(await other.next()["type"] as? String == "permission_denied")
            try other.say(["type": "release_lock", "element_id": "e"])
            #expect(await other.next()["code"] as? String == "conflict")
            try first.say(["type": "release_lock", "element_id": "e"])
            for client in clients { #expect(await client.next()["type"] as? String == "lock_released") }
            try other.say(lock)
            #expect((await host.next("lock_granted")["fence"] as? Int ?? 0) > fences[0])
            try other.say(["type": "leave"])
            #expect(await host.next("lock_released")["reason"] as? String == "holder_left")
            for client in clients { client.disconnect() }
        }
    }
}
