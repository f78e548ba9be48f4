import RelayClient

extension Proof {
    private static let makeLimit = Duration.seconds(30)
    private static let shortestHistoryLimit = Duration.seconds(15)

    func makeTopics() async throws {
        let deadline = ContinuousClock.now + Self.makeLimit
        for topic in self.plan.topics {
            try await self.repeatedly(until: deadline) { node in
                do {
                    _ = try await node.createTopic(topic, description: "Made by pulsar-relay prove")
                } catch let error as RelayError where error.status == 400 && error.detail.contains("exists") {
                    // An attempt before this one arrived after all: the name is this run's own.
                }
            }
        }
    }

    /// - Parameter limit: how long to try again where it fails.
    /// - Returns: the topics that could not be deleted.
    @discardableResult
    func deleteTopics(within limit: Duration) async -> [String] {
        guard !self.plan.keepsTopics else { return [] }
        let deadline = ContinuousClock.now + limit
        var left: [String] = []
        for topic in self.plan.topics + [self.plan.quietTopic] {
            do {
                try await self.repeatedly(until: deadline) { node in
                    do {
                        try await node.deleteTopic(topic)
                    } catch let error as RelayError where error.status == 404 {
                        // It is gone already, or was never made.
                    }
                }
            } catch {
                left.append(topic)
            }
        }
        return left
    }

    /// Reads each topic from its oldest message to its newest. Where that can't be done in the time that readers have to
    /// settle, the topic stays unjudged.
    func readHistories() async {
        let deadline = ContinuousClock.now + max(self.plan.settle, Self.shortestHistoryLimit)
        for topic in self.plan.topics {
            // What failed is in the report: a topic without a history is not judged.
            try? await self.readHistory(topic, until: deadline)
        }
    }

    private func readHistory(_ topic: String, until deadline: ContinuousClock.Instant) async throws {
        var oldest: String?
        var cursor: String?
        while true {
            let page = try await self.repeatedly(until: deadline) { [cursor] node in
                try await node.history(topic, limit: 100, order: .oldestFirst, cursor: cursor)
            }
            guard let last = page.messages.last else { break }
            self.journal.write { [cursor] ledger, _ in
                ledger.historyPage(page.messages, of: topic, after: cursor)
            }
            oldest = oldest ?? page.messages.first?.messageID
            cursor = page.nextCursor ?? last.messageID
        }
        self.journal.write { [oldest] ledger, _ in ledger.historyEnded(of: topic, oldest: oldest) }
    }

    /// Asks one node after another until one does it.
    ///
    /// - Throws: ``ProofProblem`` at the deadline, and at once for what the relay refuses; `RelayError` where the relay does
    ///   not know the user, or can't be trusted.
    private func repeatedly<Value>(
        until deadline: ContinuousClock.Instant,
        _ body: (RelayClient) async throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            let node = self.nodes[attempt % self.nodes.count]
            attempt += 1
            do {
                return try await body(node)
            } catch let error as RelayError {
                switch error.code {
                case .authenticationRequired, .untrusted, .unusableCertificate, .invalidEndpoint: throw error
                case .refused where error.status != 429, .invalidInput: throw ProofProblem(description: "\(error)")
                default: break
                }
                guard ContinuousClock.now < deadline else { throw ProofProblem(description: "\(error)") }
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}
