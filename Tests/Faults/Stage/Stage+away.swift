import Foundation
import NIOHTTP1
import RelayClient
import Testing

/// Clients that were away during a fault, and keep ids without epochs.
extension Stage {
    /// On each node a poll and two WebSockets with each of these ids have to be told of a gap before the message `next`, which is the last
    /// of the topic `numbered`; and nobody who has that one.
    func expectGapTold(
        toThoseAfter ids: [StreamID],
        before next: StreamID,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        for node in self.nodes {
            for id in ids {
                let page = try await node.poll("numbered", since: id)
                #expect(page.ids == ["\(next)"], sourceLocation: location)
                #expect(page.gap?["after"] as? String == "\(id)", sourceLocation: location)
                #expect(page.gap?["resumed_from"] as? String == "\(next)", sourceLocation: location)
                for socket in try await [
                    Socket.open(on: node, "numbered", after: "\(id)"),
                    Socket.open(on: node, "numbered", from: .after("\(id)")),
                ] {
                    let story = try await socket.story(through: next)
                    #expect(story == ["gap to \(next)", "\(next)"], sourceLocation: location)
                    socket.close()
                }
            }
            #expect(try await node.poll("numbered", since: next).gap == nil, sourceLocation: location)
            let zero = try #require(StreamID("0-0"))
            let all = try await node.poll("numbered", since: zero)
            #expect(all.ids.last == "\(next)", sourceLocation: location)
            #expect(all.gap?["resumed_from"] as? String == "\(next)", sourceLocation: location)
        }
    }
}

/// What a poll has brought of its only topic.
struct PolledPage {
    let ids: [String]
    let gap: [String: Any]?
}

extension Node {
    func poll(_ topic: String, since id: StreamID) async throws -> PolledPage {
        let body = #"{"topics":["\#(topic)"],"since":{"\#(topic)":"\#(id)"},"timeout":1}"#
        let answer = try await self.visitor.ask(.POST, "/messages/poll", body)
        let object = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        let messages = try #require(object?["messages"] as? [[String: Any]], "\(answer)")
        let gaps = object?["gaps"] as? [String: [String: Any]]
        return PolledPage(ids: messages.compactMap { $0["message_id"] as? String }, gap: gaps?[topic])
    }
}
