import Foundation
import NIOHTTP1
import SeededRandom
import Testing

extension Traffic {
    /// Follows its cursors with long polls, some of which it abandons.
    func poll(_ random: inout SeededGenerator) async throws -> Received {
        var received = Received()
        while !received.isComplete {
            let since = Dictionary(uniqueKeysWithValues: Self.topics.map { ($0, received.cursors[$0] ?? "0") })
            let body: [String: Any] = ["topics": Self.topics.shuffled(using: &random), "since": since, "timeout": 20]
            if Int.random(in: 0..<4, using: &random) == 0 { try await self.abandonPoll(body) }
            let reply = try await self.relay.send(.POST, "/messages/poll", token: self.token, json: body)
            try #require(reply.status == 200, "\(reply)")
            for message in reply.object["messages"] as? [[String: Any]] ?? [] { try received.add(message) }
        }
        return received
    }

    private func abandonPoll(_ body: [String: Any]) async throws {
        let connection = try await RawConnection.open(self.relay.port)
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        connection.request("POST", "/messages/poll", token: self.token, body: text)
        connection.disconnect()
    }

    /// Follows its cursors over one WebSocket after another.
    func readWebSocket(_ random: inout SeededGenerator) async throws -> Received {
        var received = Received()
        while !received.isComplete {
            let socket = try await TestWebSocket(self.relay, token: self.token)
            defer { socket.connection.disconnect() }
            let topics = Self.topics.shuffled(using: &random)
            let answer = try await socket.subscribe(topics, offset: "earliest", cursors: received.cursors)
            try #require(answer.type == "subscribed", "\(answer.text)")
            var left = Int.random(in: 1...60, using: &random)
            while left > 0, !received.isComplete {
                let frame = try #require(await socket.next())
                try #require(frame.type == "message", "\(frame.text)")
                try received.add(frame.object)
                left -= 1
            }
        }
        return received
    }

    /// Follows event streams, each of which goes on after the last event of the one before.
    func readEvents(_ random: inout SeededGenerator) async throws -> Received {
        var received = Received()
        var lastEventID: String?
        while !received.isComplete {
            let query = "topics=\(Self.topics.joined(separator: ","))&offset=earliest"
            let stream = try await TestEventStream(
                self.relay,
                token: self.token,
                query: query,
                lastEventID: lastEventID
            )
            defer { stream.connection.disconnect() }
            var left = Int.random(in: 1...60, using: &random)
            while left > 0, !received.isComplete {
                let event = try #require(await stream.next())
                lastEventID = event.id ?? lastEventID
                guard event.name != nil else { continue }
                try #require(event.name == "message", "\(event)")
                try received.add(event.object)
                left -= 1
            }
        }
        return received
    }
}
