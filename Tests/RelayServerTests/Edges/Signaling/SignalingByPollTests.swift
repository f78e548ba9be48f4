import Foundation
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("A whole conversation with a signaling socket, by publish and long poll", .serialized, .timeLimit(.minutes(3)))
struct SignalingByPollTests {
    /// A member that has nothing but requests.
    private final class Poller {
        let relay: TestRelay
        let session: String
        let ticket: String
        private var since: [String: String] = [:]
        private var waiting: [[String: Any]] = []

        init(_ relay: TestRelay, _ session: String, _ ticket: String) {
            self.relay = relay
            self.session = session
            self.ticket = ticket
            for topic in self.topics { self.since[topic] = "0-0" }
        }

        private var topics: [String] {
            ["", "/signal", "/presence", "/files"].map { "session/\(self.session)\($0)" }
        }

        func say(_ part: String, _ payload: [String: Any]) async throws {
            let body: [String: Any] = ["topic": "session/\(self.session)\(part)", "payload": payload]
            let sent = try await self.relay.send(.POST, "/api/v1/messages", token: self.ticket, json: body)
            #expect(sent.status == 201, "\(sent)")
        }

        /// The next message of this type.
        func next(_ type: String) async throws -> [String: Any] {
            while true {
                while !self.waiting.isEmpty {
                    let message = self.waiting.removeFirst()
                    let payload = message["payload"] as? [String: Any] ?? [:]
                    guard payload["type"] as? String == type else { continue }
                    return payload.merging(["sender": message["sender"] ?? ""]) { $1 }
                }
                try Task.checkCancellation()
                let answer = try await self.relay.poll(self.topics, token: self.ticket, since: self.since, timeout: 5)
                try #require(answer.status == 200, "\(answer)")
                self.waiting = answer.object["messages"] as? [[String: Any]] ?? []
                for message in self.waiting {
                    guard let topic = message["topic"] as? String else { continue }
                    self.since[topic] = message["message_id"] as? String
                }
            }
        }
    }

    @Test("offer, answer, candidates, chat, presence, files, locks and leaving are told both ways")
    func conversation() async throws {
        try await withRelay { relay in try await Self.converse(relay, relay) }
    }

    @Test("so they are where the two are at two relays")
    func onTwoRelays() async throws {
        try await withTwoRelays { try await Self.converse($0, $1) }
    }

    private static func candidate(_ port: Int) -> String { "candidate:1 1 udp 1 192.0.2.1 \(port) typ host" }

    private static func converse(_ relay: TestRelay, _ second: TestRelay) async throws {
        let stage = try await SignalingStage(relay)
        let host = try await stage.join("host")
        let joined = try await TestSession.join(second, stage.id, "poller", stage.token)
        let ticket = try #require(joined.object["ticket"] as? String)
        let poller = Poller(second, stage.id, ticket)
        #expect(await host.next()["peer_id"] as? String == "poller")

        try host.say(["type": "offer", "to_peer_id": "poller", "sdp": "v=0 offer"])
        let offer = try await poller.next("offer")
        #expect(offer["sdp"] as? String == "v=0 offer" && offer["sender"] as? String == "host")
        #expect(offer["peer_id"] == nil && offer["session_id"] == nil)
        try await poller.say("/signal", ["type": "answer", "to_peer_id": "host", "sdp": "v=0 answer"])
        let answer = await host.next()
        #expect(answer["sdp"] as? String == "v=0 answer" && answer["from_peer_id"] as? String == "poller")

        try host.say(["type": "candidate", "candidate": Self.candidate(1)])
        #expect(try await poller.next("candidate")["candidate"] as? String == Self.candidate(1))
        try await poller.say("/signal", ["type": "candidate", "candidate": Self.candidate(2)])
        #expect(await host.next()["candidate"] as? String == Self.candidate(2))
        try await poller.say("/signal", ["type": "end_of_candidates", "to_peer_id": "host"])
        #expect(await host.next()["type"] as? String == "end_of_candidates")

        try await poller.say("", ["type": "chat_message", "message": "hi"])
        #expect(await host.next()["message"] as? String == "hi")
        try host.say(["type": "chat_message", "message": "ho"])
        #expect(await host.next()["message"] as? String == "ho")
        _ = try await poller.next("chat_message")
        #expect(try await poller.next("chat_message")["message"] as? String == "ho")

        try await poller.say("/presence", ["type": "cursor_update", "line": 1, "column": 2])
        #expect(await host.next()["peer_id"] as? String == "poller")
        try host.say(["type": "cursor_update", "line": 3, "column": 4])
        #expect(try await poller.next("cursor_update")["sender"] as? String != "")

        // The host answers whoever asked, without a name.
        try await poller.say("/files", ["type": "request_file_manifest"])
        #expect(await host.next("request_file_manifest")["from_peer_id"] as? String == "poller")
        try host.say(["type": "file_manifest", "manifest_json": "{}"])
        #expect(try await poller.next("file_manifest")["manifest_json"] as? String == "{}")

        try host.say(["type": "request_lock", "element_id": "e"])
        #expect(try await poller.next("lock_granted")["peer_id"] as? String == "host")
        #expect(await host.next()["type"] as? String == "lock_granted")
        #expect(try await second.send(.POST, stage.path + "/leave", token: ticket).status == 204)
        #expect(await host.next("peer_left")["peer_id"] as? String == "poller")
        host.disconnect()
    }
}
