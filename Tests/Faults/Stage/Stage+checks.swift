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

    /// The prover's verdict has to be that all was kept, without a gap.
    func expectHeld(_ proof: Proof, _ location: SourceLocation = #_sourceLocation) async throws {
        self.expectHeld(try await self.outcome(of: proof, location), location)
    }

    private func expectHeld(_ outcome: Proof.Outcome, _ location: SourceLocation) {
        #expect(outcome.exit == .code(0), "\(outcome.said)\n\(self.lastWords)", sourceLocation: location)
        #expect(outcome.total("told_as_gap") == 0, "\(outcome.said)", sourceLocation: location)
    }

    /// Where the server itself has lost what it had acknowledged, that is all that the prover may find: it misses it in the
    /// history. Readers were told of gaps, and nothing came to them twice or in disorder.
    func expectLossTold(_ proof: Proof, _ location: SourceLocation = #_sourceLocation) async throws {
        self.expectLossTold(try await self.outcome(of: proof, location), location)
    }

    private func expectLossTold(_ outcome: Proof.Outcome, _ location: SourceLocation) {
        #expect(
            Set(outcome.faults.keys) == ["notInHistory"],
            "\(outcome.said)\n\(self.lastWords)",
            sourceLocation: location
        )
        #expect(outcome.total("gaps") > 0, "\(outcome.said)", sourceLocation: location)
    }

    /// The server may have lost something, or not: either all was kept, or the loss was told.
    func expectHeldOrLossTold(_ proof: Proof, _ location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await self.outcome(of: proof, location)
        if outcome.faults.isEmpty {
            self.expectHeld(outcome, location)
        } else {
            self.expectLossTold(outcome, location)
        }
    }

    private func outcome(of proof: Proof, _ location: SourceLocation) async throws -> Proof.Outcome {
        let outcome = try await proof.outcome()
        #expect(outcome.total("acknowledged") > 50, "\(outcome.said)", sourceLocation: location)
        // A publisher may only be told to try again.
        let statuses = outcome.statuses
        #expect(statuses.allSatisfy { $0 < 400 || $0 == 503 }, "\(outcome.said)", sourceLocation: location)
        return outcome
    }

    private var lastWords: String { self.nodes.map(\.lastWords).joined(separator: "\n---\n") }
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
}
