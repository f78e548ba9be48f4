import NIOHTTP1
import ProgramFixture
import Testing

extension Stage {
    /// Publishes on both nodes again and again: each has to be told, within the command timeout, to try again.
    func expectRefusals(
        until end: ContinuousClock.Instant,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        repeat {
            for node in self.nodes { try await Self.expectRefusal(node, location) }
        } while ContinuousClock.now < end
    }

    static func expectRefusal(_ node: Node, _ location: SourceLocation = #_sourceLocation) async throws {
        let answer = try await node.visitor.publish("still", FaultMatrix.text("refused"))
        #expect(answer.status == 503, "\(answer)", sourceLocation: location)
        #expect(answer.retryAfter != nil, "\(answer)", sourceLocation: location)
        // The command timeout is 2 s; the rest is the machine's.
        #expect(answer.elapsed < .seconds(3), "\(answer)", sourceLocation: location)
        try await Task.sleep(for: .milliseconds(100))
    }

    /// Where the server has lost what it had acknowledged, every reader is told of the gap, and all else is as ever.
    func expectLossTold(_ proof: Proof, _ location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await proof.outcome()
        let words = self.nodes.map(\.lastWords).joined(separator: "\n---\n")
        #expect(outcome.exit == .code(0), "\(outcome.said)\n\(words)", sourceLocation: location)
        #expect(outcome.total("gaps") > 0, "\(outcome.said)", sourceLocation: location)
        #expect(outcome.statuses.allSatisfy { $0 < 400 || $0 >= 500 }, "\(outcome.said)", sourceLocation: location)
        print("row:", Test.current?.name ?? "", outcome.said)
    }
}

extension Stage {
    /// Publishes to the topic `numbered`, trying again where it has to.
    ///
    /// - Returns: the message's id.
    func publishNumbered(_ number: Int) async throws -> StreamID {
        var id: StreamID?
        try await until("\(number) is published") {
            let answer = try await self.nodes[number % 2].visitor.publish(
                "numbered",
                #"{"n":\#(number)}"#,
                key: "n\(number)"
            )
            id = answer.member("message_id").flatMap { StreamID($0) }
            return answer.status == 201
        }
        return try #require(id)
    }

    /// A long poll from a cursor of before the loss gets what came after it, and is told of the gap.
    func expectGap(on node: Node, after cursor: StreamID, then next: StreamID) async throws {
        let poll = #"{"topics":["numbered"],"since":{"numbered":"\#(cursor)"},"timeout":5}"#
        let answer = try await node.visitor.ask(.POST, "/messages/poll", poll)
        #expect(answer.status == 200, "\(answer)")
        #expect(answer.body.contains(#""message_id":"\#(next)""#), "\(answer)")
        #expect(answer.body.contains(#""gaps":["#) || answer.body.contains(#""gap""#), "\(answer)")
        print("gap:", answer)
    }
}
