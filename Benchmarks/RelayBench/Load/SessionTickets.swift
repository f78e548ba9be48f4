import Foundation
import NIOCore

/// Sessions of a relay's with two peers each, and the peers' tickets.
struct SessionTickets: Sendable {
    struct Session: Sendable {
        let topic: String
        let tickets: [String]
    }

    private struct Created: Decodable {
        var session_id: String
        var join_token: String
    }

    private struct Joined: Decodable { var ticket: String }

    /// Connections that make them.
    private static let makers = 16

    let all: [Session]

    init(_ count: Int, of server: Server, from client: LoadClient) async throws {
        self.all = try await withThrowingTaskGroup(of: [Session].self) { group in
            for maker in 0..<Self.makers {
                let share = count / Self.makers + (maker < count % Self.makers ? 1 : 0)
                group.addTask { try await Self.make(share, of: server, from: client) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func make(_ count: Int, of server: Server, from client: LoadClient) async throws -> [Session] {
        let connection = try await client.open(port: server.port)
        var sessions: [Session] = []
        for _ in 0..<count {
            let made = try await Self.ask("/v1/sessions", #"{"host_id":"a"}"#, server, connection, Created.self)
            var tickets: [String] = []
            for peer in ["a", "b"] {
                let body = #"{"peer_id":"\#(peer)","join_token":"\#(made.join_token)"}"#
                let path = "/v1/sessions/\(made.session_id)/join"
                tickets.append(try await Self.ask(path, body, server, connection, Joined.self).ticket)
            }
            sessions.append(Session(topic: "session/\(made.session_id)", tickets: tickets))
        }
        await connection.close()
        return sessions
    }

    private static func ask<Answer: Decodable>(
        _ path: String,
        _ body: String,
        _ server: Server,
        _ connection: RequestConnection,
        _ answer: Answer.Type
    ) async throws -> Answer {
        let got = try await connection.once(server.dialect.request("POST", path, body: body)).get().lastBody
        return try JSONDecoder().decode(answer, from: Data(got.readableBytesView))
    }
}
