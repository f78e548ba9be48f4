import Foundation
import NIOHTTP1
import Testing

@Suite("Locks of a session over routes", .timeLimit(.minutes(1)))
struct SessionLockTests {
    private func put(
        _ session: TestSession,
        _ element: String,
        _ token: String,
        fence: Int? = nil
    ) async throws -> TestReply {
        let path = "\(session.path)/locks/\(element)"
        guard let fence else { return try await session.relay.send(.PUT, path, token: token) }
        return try await session.relay.send(.PUT, path, token: token, json: ["fence": fence])
    }

    @Test("one peer has a lock, keeps it by its number, and gives it back; the members are told once")
    func lock() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let (a, b) = (try await session.guest("a"), try await session.guest("b"))
            // An element's name may have anything in it.
            let element = "panel%2F1%20%C3%BC"
            let first = try await self.put(session, element, a)
            #expect(first.status == 201, "\(first)")
            #expect(first.object["element_id"] as? String == "panel/1 \u{fc}")
            #expect(first.object["peer_id"] as? String == "a")
            let fence = try #require(first.object["fence"] as? Int)
            let again = try await self.put(session, element, a)
            #expect(again.status == 200 && again.object["fence"] as? Int == fence)
            let held = try await self.put(session, element, b)
            #expect(held.status == 409 && held.error == "conflict")
            #expect(try await self.put(session, element, b, fence: fence).status == 409)
            #expect(try await self.put(session, element, a, fence: fence + 1).status == 409)
            #expect(try await self.put(session, element, a, fence: fence).status == 200)
            let listed = try await relay.send(.GET, "\(session.path)/locks", token: b)
            #expect((listed.object["locks"] as? [[String: Any]])?.compactMap { $0["fence"] as? Int } == [fence])
            let path = "\(session.path)/locks/\(element)"
            for (token, query) in [(b, ""), (b, "?fence=\(fence)"), (a, "?fence=\(fence + 1)")] {
                #expect(try await relay.send(.DELETE, path + query, token: token).status == 409)
            }
            #expect(try await relay.send(.DELETE, path, token: a).status == 204)
            let next = try await self.put(session, element, b)
            #expect(next.status == 201 && next.object["fence"] as? Int ?? 0 > fence)
            let told = try await session.types(token: a).filter { $0.hasPrefix("lock_") }
            #expect(told == ["lock_granted", "lock_released", "lock_granted"])
        }
    }

    @Test("who may not edit, or is no peer, has no lock; what is no lock's name is refused")
    func refused() async throws {
        try await withRelay { relay in
            let account = try await relay.administratorToken
            let session = try await TestSession(relay, account: account)
            let observer = try await session.guest("o", role: "observer")
            #expect(try await self.put(session, "x", observer).status == 403)
            #expect(try await relay.send(.PUT, "\(session.path)/locks/x").status == 401)
            let stranger = try await relay.makeUser("mallory", by: account)
            #expect([403, 404].contains(try await self.put(session, "x", stranger.token).status))
            #expect(try await relay.send(.GET, "\(session.path)/locks", token: stranger.token).status != 200)
            #expect(try await self.put(session, "%00", session.host).status == 400)
            #expect(try await self.put(session, String(repeating: "x", count: 256), session.host).status == 400)
            #expect(try await self.put(session, "x", session.host, fence: 0).status == 400)
            let path = "\(session.path)/locks/x?fence=one"
            #expect(try await relay.send(.DELETE, path, token: session.host).status == 400)
            #expect(try await relay.send(.GET, "\(session.path)/locks", token: observer).status == 200)
        }
    }
}
