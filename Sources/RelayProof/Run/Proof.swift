public import RelayClient

/// Publishes to a live relay, reads from it over every transport, and compares.
public struct Proof: Sendable {
    let nodes: [RelayClient]
    let plan: ProofPlan
    let journal: ProofJournal

    /// Readers that can't connect hold publishing up for this long.
    private static let attachLimit = Duration.seconds(5)
    private static let deleteLimit = Duration.seconds(15)

    /// - Parameters:
    ///   - nodes: at least one; clients of the nodes of one relay, which don't try again by themselves (see
    ///     ``configuration``), as a user that may read and write.
    ///   - plan: without a ``ProofPlan/problem``.
    public init(nodes: [RelayClient], plan: ProofPlan) {
        self.nodes = nodes
        self.plan = plan
        self.journal = ProofJournal(Ledger(run: plan.runID, topics: plan.topics, readerCount: plan.readers.count))
    }

    /// For the clients: each attempt is one attempt, so that all failures are counted, and the next one can go elsewhere.
    public static var configuration: RelayClientConfiguration {
        var configuration = RelayClientConfiguration()
        configuration.retry.maxAttempts = 1
        configuration.requestTimeout = .seconds(10)
        return configuration
    }

    /// Publishes no more, and goes on with what comes then.
    public func endPublishing() {
        self.journal.endPublishing()
    }

    /// - Throws: ``ProofProblem`` where no topics could be made, `RelayError` with code `authenticationRequired` where the
    ///   relay doesn't know the user, and with the codes of certificates where it can't be trusted; `CancellationError`.
    public func run() async throws -> ProofReport {
        var sessionLedger: SessionLedger?
        var presenceLedger: PresenceLedger?
        do {
            try await self.makeTopics()
            let session = try await self.session()
            let presence = self.plan.memberCount > 0 ? PresenceProof(self.nodes, self.plan, run: self.journal) : nil
            let settlingBeganAt: Int64
            (settlingBeganAt, presenceLedger) = await self.publishAndRead(session, presence)
            try Task.checkCancellation()
            await self.readHistories()
            sessionLedger = await session?.close(settlingBeganAt: settlingBeganAt)
            self.journal.write { ledger, _ in ledger.close(settlingBeganAt: settlingBeganAt) }
        } catch {
            await self.deleteTopics(within: .zero)
            throw error
        }
        let leftTopics = await self.deleteTopics(within: Self.deleteLimit)
        let entries = self.journal.copy
        return ProofReport(
            plan: self.plan,
            nodeCount: self.nodes.count,
            ledger: entries.ledger,
            session: sessionLedger,
            presence: presenceLedger,
            traffic: entries.traffic,
            leftTopics: leftTopics
        )
    }

    /// - Returns: nil where there is to be none.
    private func session() async throws -> SessionProof? {
        guard self.plan.peerCount > 1 else { return nil }
        return try await SessionProof.begin(self.nodes, self.plan, run: self.journal)
    }

    /// - Returns: when publishing had ended, and what was seen of who was there.
    private func publishAndRead(
        _ session: SessionProof?,
        _ presence: PresenceProof?
    ) async -> (Int64, PresenceLedger?) {
        await withDiscardingTaskGroup { group in
            for index in self.plan.readers.indices {
                let reader = ProofReader(index: index, nodes: self.nodes, plan: self.plan, journal: self.journal)
                group.addTask { await reader.run() }
            }
            await self.wait(atMost: Self.attachLimit) { $0.areReadersAttached }
            self.journal.write { ledger, now in ledger.publishingBegan(at: now) }
            let deadline = ContinuousClock.now + self.plan.duration
            if let session { group.addTask { await session.run(until: deadline) } }
            if let presence { group.addTask { await presence.run(until: deadline) } }
            await self.publish(until: deadline)
            self.journal.write { ledger, now in ledger.publishingEnded(at: now) }
            let end = self.journal.now
            await self.wait(atMost: self.plan.settle) {
                $0.isSettled && session?.isSettled ?? true && presence?.isSettled ?? true
            }
            let ledger = await presence?.close()
            group.cancelAll()
            return (end, ledger)
        }
    }

    private func publish(until deadline: ContinuousClock.Instant) async {
        await withDiscardingTaskGroup { group in
            for index in 0..<self.plan.publisherCount {
                let publisher = ProofPublisher(
                    index: index,
                    nodes: self.nodes,
                    plan: self.plan,
                    journal: self.journal,
                    deadline: deadline
                )
                group.addTask { await publisher.run() }
            }
        }
    }

    private func wait(atMost limit: Duration, until condition: (Ledger) -> Bool) async {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, !self.journal.write({ ledger, _ in condition(ledger) }) {
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
        }
    }
}
