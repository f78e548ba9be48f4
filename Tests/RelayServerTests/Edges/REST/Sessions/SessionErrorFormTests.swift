import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Errors of the session service's paths", .timeLimit(.minutes(2)))
struct SessionErrorFormTests {
    private static func check(_ reply: TestReply, _ status: Int, _ code: String) {
        #expect(reply.status == status && reply.error == code, "\(reply)")
        #expect(reply.object["message"] is String, "\(reply)")
        #expect(reply.object["request_id"] as? String == reply.headers.first(name: "x-request-id"), "\(reply)")
        #expect(reply.headers.first(name: "content-type") == "application/json", "\(reply)")
    }

    @Test("each has a code, a text and the request's id, whatever part of the relay answers")
    func all() async throws {
        try await withRelay { relay in
            let account = try await relay.administratorToken
            let session = try await TestSession(relay, account: account)
            let wrong: [(HTTPMethod, String)] = [
                (.PUT, "/v1/sessions"), (.DELETE, session.path), (.GET, session.path + "/join"),
                (.POST, session.path + "/paths"), (.GET, "/v1/ice-servers"),
            ]
            for (method, path) in wrong {
                let reply = try await relay.send(method, path, token: account)
                Self.check(reply, 405, "method_not_allowed")
                #expect(reply.headers.first(name: "allow") != nil)
            }
            Self.check(try await relay.send(.GET, "/v1/nothing", token: account), 404, "not_found")
            Self.check(try await relay.send(.GET, session.path), 401, "unauthenticated")
            Self.check(try await relay.send(.GET, session.path, token: "x"), 401, "invalid_token")
            Self.check(try await relay.send(.GET, "/v1/sessions/none", token: account), 404, "not_found")
            let large = String(repeating: "x", count: 2 << 20)
            Self.check(try await relay.send(.POST, "/v1/sessions", token: account, body: large), 413, "too_large")
            let coded = [("content-encoding", "br"), ("content-type", "application/json")]
            let unread = try await relay.send(.POST, "/v1/sessions", token: account, headers: coded, body: "{}")
            Self.check(unread, 415, "invalid_request")
            Self.check(try await relay.send(.POST, session.path + "/join", json: [:]), 400, "missing_parameter")
        }
    }

    @Test("so it is where a socket is refused: signaling and tunnels")
    func sockets() async throws {
        try await withRelay { relay in
            let account = try await relay.administratorToken
            for path in ["/v1/tunnels/none", "/v1/signaling"] {
                Self.check(try await relay.send(.GET, path, token: account), 426, "invalid_request")
            }
            let connection = try await RawConnection.open(relay.port)
            connection.request("GET", "/v1/tunnels/none", token: account, headers: TestWebSocket.handshake)
            Self.check(try #require(await connection.reply()), 404, "not_found")
        }
    }

    @Test("errors of other paths are as they were")
    func others() async throws {
        try await withRelay { relay in
            let reply = try await relay.send(.DELETE, "/api/v1/topics/stats")
            #expect(reply.status == 405 && reply.text == #"{"detail":"Method Not Allowed"}"#)
        }
    }
}
