import Foundation
import NIOCore

/// Tunnels of a relay's, asked for and accepted, and the requests that open their ends.
struct TunnelRequests {
    /// The relay's own limit.
    private static let mostInSession = 64

    private(set) var pairs: [(near: ByteBuffer, far: ByteBuffer)] = []

    private struct Created: Decodable {
        var session_id: String
        var join_token: String
    }

    private struct Invited: Decodable { var token: String }
    private struct Joined: Decodable { var ticket: String }
    private struct Requested: Decodable { var tunnel_id: String }

    /// Makes sessions of two peers, as many as are needed.
    init(_ count: Int, of server: Server, from client: LoadClient) async throws {
        let connection = try await client.open(port: server.port)
        while self.pairs.count < count {
            let tunnels = min(count - self.pairs.count, Self.mostInSession)
            self.pairs += try await Self.session(tunnels, of: server, over: connection)
        }
        await connection.close()
    }

    private static func session(
        _ tunnels: Int,
        of server: Server,
        over connection: RequestConnection
    ) async throws -> [(near: ByteBuffer, far: ByteBuffer)] {
        func ask<Answer: Decodable>(
            _ path: String,
            _ body: String,
            _ token: String? = nil,
            _ answer: Answer.Type
        ) async throws -> Answer {
            var dialect = server.dialect
            if let token { dialect.token = token }
            let got = try await connection.once(dialect.request("POST", path, body: body)).get().lastBody
            return try JSONDecoder().decode(answer, from: Data(got.readableBytesView))
        }
        func join(_ peer: String, _ token: String, _ session: String) async throws -> String {
            let body = #"{"peer_id":"\#(peer)","join_token":"\#(token)"}"#
            return try await ask("/v1/sessions/\(session)/join", body, nil, Joined.self).ticket
        }
        let made = try await ask("/v1/sessions", #"{"host_id":"near"}"#, nil, Created.self)
        let path = "/v1/sessions/\(made.session_id)"
        let near = try await join("near", made.join_token, made.session_id)
        let invite = try await ask("\(path)/invites", #"{"role":"editor"}"#, near, Invited.self)
        let far = try await join("far", invite.token, made.session_id)
        var pairs: [(near: ByteBuffer, far: ByteBuffer)] = []
        for _ in 0..<tunnels {
            let tunnel = try await ask("\(path)/tunnels", #"{"to_peer_id":"far"}"#, near, Requested.self).tunnel_id
            _ = try await ask("\(path)/tunnels/\(tunnel)/accept", "{}", far, Requested.self)
            pairs.append((Self.opening(tunnel, near, server), Self.opening(tunnel, far, server)))
        }
        return pairs
    }

    private static func opening(_ tunnel: String, _ ticket: String, _ server: Server) -> ByteBuffer {
        var dialect = server.dialect
        dialect.token = ticket
        dialect.socketPath = "/v1/tunnels/\(tunnel)"
        return dialect.upgradeRequest
    }
}
