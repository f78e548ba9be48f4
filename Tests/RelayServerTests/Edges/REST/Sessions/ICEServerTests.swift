import Foundation
import NIOHTTP1
import ProgramFixture
import RelayServer
import Testing

@Suite("Servers for ICE, by an account and by a ticket", .timeLimit(.minutes(1)))
struct ICEServerTests {
    @Test("a peer has credentials by its ticket, of its session and no longer than the ticket; put out, it has none")
    func tickets() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.peerPort.bind = HostPort(host: "127.0.0.1", port: port)
            $0.peerPort.alternatePort = 0
            $0.turn.isEnabled = true
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let guest = try await session.guest("guest", role: "observer")
            let mine = try await Self.username(relay, guest)
            let parts = mine.text.split(separator: ":")
            let end = try #require(parts.first.flatMap { Int64($0) })
            #expect(parts.count == 2 && parts[1].hasPrefix("session/\(session.id)/"))
            // A ticket lasts fifteen minutes.
            #expect(mine.life <= 900 && mine.life > 800 && end <= Int64(Date().timeIntervalSince1970) + 900)
            let hosts = try await Self.username(relay, session.host)
            #expect(hosts.text.split(separator: ":").last != parts.last)
            let account = try await Self.username(relay, session.account)
            #expect(account.life > 40_000 && !account.text.contains("session/"))
            let kick = ["target_peer_id": "guest"]
            #expect(try await relay.send(.POST, session.path + "/kick", token: session.host, json: kick).status == 204)
            #expect(try await relay.send(.POST, "/v1/ice-servers", token: guest).status == 403)
            #expect(try await relay.send(.POST, "/v1/ice-servers").status == 401)
        }
    }

    private static func username(_ relay: TestRelay, _ token: String) async throws -> (text: String, life: Int) {
        let reply = try await relay.send(.POST, "/v1/ice-servers", token: token)
        #expect(reply.status == 200)
        let servers = try #require(reply.object["ice_servers"] as? [[String: Any]])
        let text = try #require(servers.compactMap { $0["username"] as? String }.first)
        return (text, try #require(reply.object["ttl"] as? Int))
    }
}
