import Foundation
import NIOHTTP1
import Testing

@testable import RelayServer

extension TestRelay {
    struct ServiceToken: Sendable {
        let id: String
        let text: String
    }

    /// Issues a token, which must succeed.
    func serviceToken(
        _ topics: [String],
        prefixes: [String] = [],
        permissions: [String] = ["read"],
        peer: String? = nil,
        expiresIn: Int? = nil,
        token: String
    ) async throws -> ServiceToken {
        var body: [String: Any] = ["topics": topics, "prefixes": prefixes, "permissions": permissions]
        if let peer { body["peer_id"] = peer }
        if let expiresIn { body["expires_in"] = expiresIn }
        let reply = try await self.send(.POST, "/auth/tokens", token: token, json: body)
        try #require(reply.status == 201, "\(reply)")
        return ServiceToken(
            id: try #require(reply.object["id"] as? String),
            text: try #require(reply.object["token"] as? String)
        )
    }

    func makeTopic(_ name: String, isPublic: Bool = false, token: String) async throws {
        let body: [String: Any] = ["topic_name": name, "is_public": isPublic]
        let reply = try await self.send(.POST, "/api/v1/topics", token: token, json: body)
        try #require(reply.status == 201, "\(reply)")
    }
}
