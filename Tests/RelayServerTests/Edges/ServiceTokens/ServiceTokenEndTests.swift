import Foundation
import NIOHTTP1
import RelayServer
import Testing

@Suite("Service tokens end on open connections", .timeLimit(.minutes(2)))
struct ServiceTokenEndTests {
    private static func opened(_ relay: TestRelay, _ token: String) async throws -> TestWebSocket {
        let socket = try await TestWebSocket(relay, token: token)
        #expect(try await socket.subscribe(["t"]).type == "subscribed")
        return socket
    }

    @Test("a revoked token's sockets and streams are closed at once, and others' are not")
    func revoked() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let tokens = [
                try await relay.serviceToken(["t"], token: admin), try await relay.serviceToken(["t"], token: admin),
            ]
            let (first, second) = (
                try await Self.opened(relay, tokens[0].text), try await Self.opened(relay, tokens[1].text)
            )
            let stream = try await TestEventStream(relay, token: tokens[0].text, query: "topics=t")
            #expect(try await relay.send(.DELETE, "/auth/tokens/\(tokens[0].id)", token: admin).status == 204)
            let end = await first.untilClosed().last
            #expect(end?.closeCode == 1008)
            while await stream.next() != nil {}
            try second.send(json: ["type": "ping"])
            #expect(await second.next()?.type == "pong")
            second.connection.disconnect()
        }
    }

    @Test("relays that share a store hear of it")
    func revokedElsewhere() async throws {
        try await withTwoRelays { first, second in
            let admin = try await first.administratorToken
            let token = try await first.serviceToken(["t"], token: admin)
            let socket = try await Self.opened(second, token.text)
            #expect(try await second.send(.GET, "/auth/tokens", token: admin).list.count == 1)
            #expect(try await first.send(.DELETE, "/auth/tokens/\(token.id)", token: admin).status == 204)
            #expect(await socket.untilClosed().last?.closeCode == 1008)
            #expect(try await second.poll(["t"], token: token.text, timeout: 1).status == 401)
            #expect(try await second.send(.GET, "/auth/tokens", token: admin).list.isEmpty)
        }
    }

    @Test("another password, a user that is shut out, and one that is deleted end their tokens")
    func user() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            for (name, change) in [
                ("ann", ["password": "another one"] as [String: Any]), ("bea", ["is_active": false]), ("cid", [:]),
            ] {
                let user = try await relay.makeUser(name, by: admin)
                let token = try await relay.serviceToken(["t"], token: user.token)
                let socket = try await Self.opened(relay, token.text)
                let path = "/auth/users/\(user.id)"
                let reply =
                    change.isEmpty
                    ? try await relay.send(.DELETE, path, token: admin)
                    : try await relay.send(.PATCH, path, token: admin, json: change)
                #expect(reply.status == 200 || reply.status == 204, "\(reply)")
                #expect(await socket.untilClosed().last?.closeCode == 1008, "\(name)")
                #expect([401, 403].contains(try await relay.poll(["t"], token: token.text, timeout: 1).status))
            }
            let left = try await relay.send(.GET, "/auth/tokens?all=true", token: admin).list
            // Whose user is shut out keeps its record: it works again when the user does.
            #expect(left.count == 1)
        }
    }

    @Test("a token that has ended ends its WebSocket with 4001; another of the same user goes on with it")
    func expired() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            try await relay.makeTopic("t", token: admin)
            let short = try await relay.serviceToken(["t"], expiresIn: 4, token: admin)
            let ended = try await Self.opened(relay, short.text)
            let renewed = try await Self.opened(relay, short.text)
            let next = try await relay.serviceToken(["t"], token: admin)
            try renewed.send(json: ["type": "auth", "token": next.text])
            #expect(await renewed.next("authenticated") != nil)
            #expect(await ended.untilClosed().last?.closeCode == 4001)
            try renewed.send(json: ["type": "ping"])
            #expect(await renewed.next("pong") != nil)
            // Another scope: what is not in it is followed no more.
            let other = try await relay.serviceToken(["u"], token: admin)
            try renewed.send(json: ["type": "auth", "token": other.text])
            #expect(await renewed.next("error") != nil)
            renewed.connection.disconnect()
        }
    }
}
