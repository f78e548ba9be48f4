import ProgramFixture
import Testing

extension ProvingGround {
    /// Publishes on both nodes again and again: each has to be told, within the command timeout, to try again.
    func expectRefusals(
        until end: ContinuousClock.Instant,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        repeat {
            for node in self.nodes { try await node.expectRefusal(of: "still", location) }
        } while ContinuousClock.now < end
    }

    /// The prover's verdict has to be that all was kept, without a gap.
    @discardableResult
    func expectHeld(
        _ proof: Proof,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> Proof.Outcome {
        let outcome = try await self.outcome(of: proof, location)
        #expect(outcome.exit == .code(0), "\(outcome.said)\n\(self.lastWords)", sourceLocation: location)
        #expect(outcome.total("told_as_gap") == 0, "\(outcome.said)", sourceLocation: location)
        return outcome
    }

    /// Where the server itself has lost what it had acknowledged, that is all that the prover may find: it misses it in the
    /// history. Readers were told of gaps, and nothing came to them twice or in disorder.
    func expectLossTold(_ proof: Proof, _ location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await self.outcome(of: proof, location)
        #expect(
            Set(outcome.faults.keys) == ["notInHistory"],
            "\(outcome.said)\n\(self.lastWords)",
            sourceLocation: location
        )
        #expect(outcome.total("gaps") > 0, "\(outcome.said)", sourceLocation: location)
    }

    /// Where a server may have lost the very last that it had acknowledged.
    func expectHeldOrLossTold(_ proof: Proof, _ location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await self.outcome(of: proof, location)
        let lost = outcome.faults["notInHistory"] ?? 0
        #expect(outcome.faults.count == (lost > 0 ? 1 : 0), "\(outcome.said)", sourceLocation: location)
        #expect(outcome.total("gaps") > 0 || lost == 0, "\(outcome.said)\n\(self.lastWords)", sourceLocation: location)
        #expect([.code(0), .code(1)].contains(outcome.exit), "\(outcome.said)", sourceLocation: location)
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

extension ProvingGround {
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

extension ProvingGround {
    /// Publishes a message once, trying again where it has to.
    func publishAtLast(_ topic: String, _ payload: String) async throws {
        try await until("it is published", within: .seconds(20)) {
            try await self.nodes[1].visitor.publish(topic, payload, key: payload).status == 201
        }
    }
}

extension Node {
    /// Publishes once: it has to be told, within the command timeout, to try again.
    func expectRefusal(
        of topic: String = "still",
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await self.visitor.publish(topic, FaultMatrix.text("refused"))
        #expect(answer.status == 503, "\(answer)", sourceLocation: location)
        #expect(answer.retryAfter != nil, "\(answer)", sourceLocation: location)
        // The command timeout is 2 s; the rest is the machine's.
        #expect(answer.elapsed < .seconds(3), "\(answer)", sourceLocation: location)
        try await Task.sleep(for: .milliseconds(100))
    }
}
