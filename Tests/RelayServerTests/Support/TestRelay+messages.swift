import Foundation
import NIOHTTP1
import Testing

extension TestRelay {
    /// Publishes, which must succeed, and returns the message's id.
    @discardableResult
    func publish(_ topic: String, token: String, _ payload: [String: Any] = [:]) async throws -> String {
        let reply = try await self.send(
            .POST,
            "/api/v1/messages",
            token: token,
            json: ["topic": topic, "payload": payload]
        )
        try #require(reply.status == 201, "\(reply)")
        return try #require(reply.object["message_id"] as? String)
    }

    func poll(
        _ topics: [String],
        token: String,
        since: [String: String] = [:],
        timeout: Int = 30
    ) async throws -> TestReply {
        let body: [String: Any] = ["topics": topics, "since": since, "timeout": timeout]
        return try await self.send(.POST, "/messages/poll", token: token, json: body)
    }

    /// A connection on which a poll has begun.
    func openPoll(_ topics: [String], token: String, timeout: Int = 60) async throws -> RawConnection {
        let connection = try await RawConnection.open(self.port)
        let list = topics.map { "\"\($0)\"" }.joined(separator: ",")
        let body = #"{"topics":[\#(list)],"timeout":\#(timeout)}"#
        connection.request("POST", "/messages/poll", token: token, body: body)
        return connection
    }

    /// Asks until so many polls of the token's user wait; an administrator's token counts everybody's.
    func untilWaiters(_ count: Int, token: String) async throws {
        while true {
            let reply = try await self.send(.GET, "/messages/poll/stats", token: token)
            let waiters = try #require(reply.object["active_waiters"] as? Int)
            if waiters == count { return }
            try Task.checkCancellation()
        }
    }
}

extension TestReply {
    /// The ids of the messages that a poll or a page brought.
    var messageIDs: [String] {
        (self.object["messages"] as? [[String: Any]] ?? []).compactMap { $0["message_id"] as? String }
    }
}
