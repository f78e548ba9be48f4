import Foundation
import NIOHTTP1
import Testing

/// A session on a relay, made by an account that hosts it as `host`.
struct TestSession: Sendable {
    let relay: TestRelay
    let id: String
    /// Of the account that made it.
    let account: String
    /// Makes its first user host.
    let joinToken: String
    /// The host's ticket.
    let host: String

    init(_ relay: TestRelay, account: String, _ fields: [String: any Sendable] = [:]) async throws {
        let body = ["host_id": "host"].merging(fields) { $1 }
        let made = try await relay.send(.POST, "/v1/sessions", token: account, json: body)
        try #require(made.status == 200, "\(made)")
        self.relay = relay
        self.account = account
        self.id = try #require(made.object["session_id"] as? String)
        self.joinToken = try #require(made.object["join_token"] as? String)
        let joined = try await Self.join(relay, self.id, "host", self.joinToken, account: account)
        self.host = try #require(joined.object["ticket"] as? String, "\(joined)")
    }

    var path: String { "/v1/sessions/\(self.id)" }

    /// The name of the session's topic, or of one of its parts.
    func topic(_ part: String? = nil) -> String { "session/\(self.id)" + (part.map { "/\($0)" } ?? "") }

    static func join(
        _ relay: TestRelay,
        _ session: String,
        _ peer: String,
        _ token: String,
        account: String? = nil
    ) async throws -> TestReply {
        let body = ["peer_id": peer, "join_token": token]
        return try await relay.send(.POST, "/v1/sessions/\(session)/join", token: account, json: body)
    }

    func join(_ peer: String, _ token: String, account: String? = nil) async throws -> TestReply {
        try await Self.join(self.relay, self.id, peer, token, account: account)
    }

    /// Lets somebody without an account in, and returns its ticket.
    func guest(_ peer: String, role: String = "editor") async throws -> String {
        let joined = try await self.join(peer, try await self.invite(["role": role]))
        return try #require(joined.object["ticket"] as? String, "\(joined)")
    }

    func invite(_ fields: [String: any Sendable]) async throws -> String {
        let made = try await self.relay.send(.POST, self.path + "/invites", token: self.host, json: fields)
        try #require(made.status == 201, "\(made)")
        return try #require(made.object["token"] as? String)
    }

    func publish(
        _ payload: [String: any Sendable],
        to part: String? = nil,
        token: String,
        as peer: String? = nil
    ) async throws -> TestReply {
        var body: [String: Any] = ["topic": self.topic(part), "payload": payload]
        if let peer { body["client_id"] = peer }
        return try await self.relay.send(.POST, "/api/v1/messages", token: token, json: body)
    }

    /// All that a peer sees on a topic so far, by types.
    func seen(_ part: String? = nil, token: String, as peer: String? = nil) async throws -> [[String: Any]] {
        var body: [String: Any] = ["topics": [self.topic(part)], "since": [self.topic(part): "0-0"], "timeout": 1]
        if let peer { body["client_id"] = peer }
        let answer = try await self.relay.send(.POST, "/messages/poll", token: token, json: body)
        try #require(answer.status == 200, "\(answer)")
        return answer.object["messages"] as? [[String: Any]] ?? []
    }

    func types(_ part: String? = nil, token: String, as peer: String? = nil) async throws -> [String] {
        try await self.seen(part, token: token, as: peer).compactMap {
            ($0["payload"] as? [String: Any])?["type"] as? String
        }
    }
}

extension TestReply {
    /// The code of a refusal of the routes of sessions.
    var error: String? { self.object["error"] as? String }
}
