import RelayClient

/// Publishes at its share of the rate until publishing ends, and follows each message to its outcome.
struct ProofPublisher: Sendable {
    let index: Int
    let nodes: [RelayClient]
    let plan: ProofPlan
    let journal: ProofJournal
    let deadline: ContinuousClock.Instant

    var kind: PublisherKind { PublisherKind(ofPublisher: self.index) }

    func run() async {
        var random = self.plan.random(role: 0, index: self.index)
        var socket = SocketPublisher(self)
        defer { socket.close() }
        let interval = Duration.seconds(Double(self.plan.publisherCount) / self.plan.rate)
        var next = ContinuousClock.now + interval * Double.random(in: 0..<1, using: &random)
        while await self.wait(until: next) {
            let count = Int.random(in: 1...self.kind.burst, using: &random)
            switch self.kind {
            case .single: await self.publishSingle(&random)
            case .bulk: await self.publishBulk(count, &random)
            case .socket: await socket.publish(count, &random)
            }
            // What an outage held up is not made up for.
            next = max(next + interval * count, .now - interval)
        }
    }

    /// - Returns: whether there is still to be published.
    private func wait(until next: ContinuousClock.Instant) async -> Bool {
        while ContinuousClock.now < next, ContinuousClock.now < self.deadline, !self.journal.isEnding {
            let end = min(next, self.deadline, .now + .milliseconds(200))
            guard (try? await Task.sleep(until: end, clock: .continuous)) != nil else { return false }
        }
        return ContinuousClock.now < self.deadline && !self.journal.isEnding && !Task.isCancelled
    }

    /// Writes down that a message is about to be published.
    func begin(_ random: inout ProofRandom) -> (number: Int, message: OutgoingMessage) {
        let topic = Int.random(in: 0..<self.plan.topicCount, using: &random)
        return self.journal.write { ledger, now in
            let number = ledger.publishBegan(publisher: self.index, topic: topic, at: now)
            let envelope = Envelope(
                run: self.plan.runID,
                publisher: self.index,
                number: number,
                startedAt: now,
                fillerSize: self.plan.payloadSize(of: number)
            )
            return (number, OutgoingMessage(topic: ledger.topics[topic], payload: envelope.payload))
        }
    }

    /// - Parameter id: nil where the message may still be lost, which then is no acknowledgement.
    func acknowledged(_ number: Int, _ id: String?) {
        guard let id else { return }
        self.journal.write { ledger, now in ledger.publishAcknowledged(number, id: id, at: now) }
    }
}

// MARK: - Over HTTP

extension ProofPublisher {
    private func publishSingle(_ random: inout ProofRandom) async {
        let (number, message) = self.begin(&random)
        let key = "\(self.plan.runID)-\(number)"
        await self.untilKnown([number], &random) { node in
            let receipt = try await node.publish(message.topic, message.payload, idempotencyKey: key)
            self.journal.answered(201)
            self.acknowledged(number, receipt.messageID)
        }
    }

    private func publishBulk(_ count: Int, _ random: inout ProofRandom) async {
        var begun: [(number: Int, message: OutgoingMessage)] = []
        for _ in 0..<count { begun.append(self.begin(&random)) }
        let numbers = begun.map(\.number)
        let messages = begun.map(\.message)
        let key = "\(self.plan.runID)-\(numbers[0])"
        await self.untilKnown(numbers, &random) { node in
            let receipt = try await node.publishBulk(messages, idempotencyKey: key)
            self.journal.answered(207)
            for (number, entry) in zip(numbers, receipt.entries) {
                self.acknowledged(number, entry.messageID)
            }
        }
    }

    private func untilKnown(
        _ numbers: [Int],
        _ random: inout ProofRandom,
        _ send: (RelayClient) async throws -> Void
    ) async {
        let last = min(ContinuousClock.now + ProofPlan.longestRetry, self.deadline + self.plan.settle)
        var attempts = PublishAttempts(deadline: last)
        while true {
            do {
                return try await send(self.nodes[Int.random(in: self.nodes.indices, using: &random)])
            } catch {
                if !(error is CancellationError) { self.journal.failed(error) }
                switch attempts.failed(error, at: .now, using: &random) {
                case .giveUp:
                    return
                case .refused:
                    return self.journal.write { ledger, _ in
                        for number in numbers { ledger.publishRefused(number) }
                    }
                case .retry(let delay):
                    guard (try? await Task.sleep(for: delay)) != nil else { return }
                }
            }
        }
    }
}
