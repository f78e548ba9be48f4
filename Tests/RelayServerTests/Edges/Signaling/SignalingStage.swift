import Foundation
import NIOHTTP1
import Testing

/// A session that was just made, for clients that all come over signaling sockets.
struct SignalingStage: Sendable {
    let relay: TestRelay
    let account: String
    let id: String
    /// The first who uses it is host, the others are editors.
    let token: String

    init(_ relay: TestRelay, _ fields: [String: any Sendable] = [:]) async throws {
        self.relay = relay
        self.account = try await relay.administratorToken
        let body = ["host_id": "host"].merging(fields) { $1 }
        let made = try await relay.send(.POST, "/v1/sessions", token: self.account, json: body)
        self.id = try #require(made.object["session_id"] as? String, "\(made)")
        self.token = try #require(made.object["join_token"] as? String)
    }

    var path: String { "/v1/sessions/\(self.id)" }

    func join(
        _ peer: String,
        _ fields: [String: Any] = [:],
        on relay: TestRelay? = nil,
        as dialect: SignalingClient.Dialect = .g3
    ) async throws -> SignalingClient {
        let client = try await SignalingClient(relay ?? self.relay, as: dialect)
        try await client.join(self.id, peer, self.token, fields)
        return client
    }

    /// A host and two editors, who have heard of each other.
    ///
    /// - Parameter second: where the first editor is, if not where the others are.
    func three(
        as dialect: SignalingClient.Dialect = .g3,
        on second: TestRelay? = nil
    ) async throws -> [SignalingClient] {
        let host = try await self.join("host", as: dialect)
        let first = try await self.join("first", on: second, as: dialect)
        #expect(await host.next()["type"] as? String == "peer_joined")
        let other = try await self.join("other", as: dialect)
        for client in [host, first] { #expect(await client.next()["type"] as? String == "peer_joined") }
        return [host, first, other]
    }

    func invite(_ fields: [String: any Sendable], by ticket: String) async throws -> String {
        let made = try await self.relay.send(.POST, self.path + "/invites", token: ticket, json: fields)
        return try #require(made.object["token"] as? String, "\(made)")
    }
}

extension SignalingClient {
    /// The peer's own ticket.
    var ticket: String { self.joined["join_token"] as? String ?? "" }
    var resume: String { self.joined["resume"] as? String ?? "" }
}
