import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("Joining over a signaling socket", .timeLimit(.minutes(2)))
struct SignalingJoinTests {
    @Test(
        "a client without a token joins with one, hears who is there, and chats with the others",
        arguments: ["/v1/signaling", "/ws"]
    )
    func joins(path: String) async throws {
        try await withRelay { relay in
            let account = try await relay.administratorToken
            let session = try await TestSession(relay, account: account)
            let guest = try await SignalingClient(relay, path)
            try await guest.join(session.id, "guest", try await session.invite(["role": "editor"]), ["id": "j1"])
            #expect(guest.joined["you"] as? String == "guest")
            #expect(guest.joined["host_peer_id"] as? String == "host")
            #expect(guest.joined["participants"] as? [String] == ["host", "guest"])
            #expect(guest.joined["re"] as? String == "j1")
            #expect((guest.joined["resume"] as? String)?.count == 43)
            #expect((guest.joined["server_time_ms"] as? Int ?? 0) > 1_700_000_000_000)
            let roster = guest.joined["roster"] as? [[String: Any]] ?? []
            #expect(roster.map { $0["role"] as? String } == ["host", "editor"])
            let ticket = try #require(guest.joined["join_token"] as? String)
            #expect(try await relay.send(.GET, session.path, token: ticket).status == 200)

            let other = try await SignalingClient(session, "other", try await session.invite(["role": "observer"]))
            let news = await guest.next()
            #expect(news["type"] as? String == "peer_joined" && news["peer_id"] as? String == "other")
            try guest.say(["type": "chat_message", "message": "hello"])
            for client in [guest, other] {
                let chat = await client.next()
                #expect(chat["type"] as? String == "chat_message" && chat["peer_id"] as? String == "guest")
                #expect(chat["message"] as? String == "hello" && chat["timestamp"] is Int && chat["seq"] is Int)
            }
            try guest.say(["type": "offer", "to_peer_id": "other", "sdp": "v=0"])
            let offer = await other.next()
            #expect(offer["type"] as? String == "offer" && offer["from_peer_id"] as? String == "guest")
            guest.socket.send(0x82, ByteBuffer(string: "x"))
            #expect(await guest.next()["code"] as? String == "proxy_not_open")
            for client in [guest, other] { client.disconnect() }
        }
    }
}
