import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("A relay that has been told to stop, and serves on for a while", .timeLimit(.minutes(1)))
struct DrainNoticeTests {
    @Test("it is not ready, makes no session, tells the peers that are there, and serves all that there is")
    func notice() async throws {
        try await withRelay {
            $0.server.shutdownNotice = .seconds(8)
            $0.server.shutdownAlternate = PublicURL("https://other.example.org")
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest")
            let socket = try await TestWebSocket(relay, token: guest)
            #expect(try await socket.subscribe([session.topic("signal")]).type == "subscribed")
            // A store that is slow for a moment is no end.
            while try await relay.send(.GET, "/ready").status != 200 {}
            await relay.shutDown()
            while try await relay.send(.GET, "/ready").status == 200 {}
            let ready = try await relay.send(.GET, "/health/readiness")
            #expect(ready.status == 503 && ready.text.contains(#""name":"draining""#))
            #expect(try await relay.send(.GET, "/health").status == 200)
            let refused = try await relay.send(.POST, "/v1/sessions", token: session.account, json: ["host_id": "h"])
            #expect(refused.status == 503 && refused.error == "draining" && refused.header("retry-after") != nil)
            let told = try #require(await socket.next("message")?.object["payload"] as? [String: Any])
            #expect(told["type"] as? String == "server_draining" && told["deadline_ms"] as? Int == 8_000)
            #expect(told["alternate"] as? String == "https://other.example.org")
            #expect(try await session.publish(["type": "chat_message"], token: guest).status == 201)
            #expect(try await session.join("late", session.joinToken).status == 200)
            socket.connection.disconnect()
        }
    }
}
