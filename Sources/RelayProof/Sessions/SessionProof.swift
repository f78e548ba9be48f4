import RelayClient

/// A session of the run's own, whose peers join, speak, leave and come back on all nodes.
struct SessionProof: Sendable {
    private static let makeLimit = Duration.seconds(30)

    let nodes: [RelayClient]
    let plan: ProofPlan
    let members: [SessionMember]
    /// Lets anybody in who has a name that nobody has.
    let joinToken: String
    let journal: SessionJournal

    /// Makes the session, and lets its peers in.
    ///
    /// - Throws: ``ProofProblem`` where that can't be done in time.
    static func begin(_ nodes: [RelayClient], _ plan: ProofPlan, run: ProofJournal) async throws -> SessionProof {
        let deadline = ContinuousClock.now + Self.makeLimit
        let names = (0..<plan.peerCount).map { "prove-\($0)" }
        let created = try await Self.repeatedly(nodes, until: deadline) { node in
            try await node.createSession(hostID: names[0], hostPolicy: "wait")
        }
        let journal = SessionJournal(
            SessionLedger(run: plan.runID, sessionID: created.sessionID, peers: names),
            run: run
        )
        var members: [SessionMember] = []
        for (number, name) in names.enumerated() {
            let token = number == 0 ? created.hostToken : created.joinToken
            let place = try await Self.repeatedly(nodes, until: deadline) { node in
                try await node.join(by: token, as: name, asGuest: true)
            }
            journal.write { ledger, _ in ledger.joined(number) }
            members.append(SessionMember(place, like: nodes[number % nodes.count]))
        }
        return SessionProof(nodes: nodes, plan: plan, members: members, joinToken: created.joinToken, journal: journal)
    }

    /// Until it is cancelled.
    ///
    /// - Parameter deadline: peers say nothing more from then on, or once publishing is ended.
    func run(until deadline: ContinuousClock.Instant) async {
        await withDiscardingTaskGroup { group in
            for number in self.members.indices {
                let peer = SessionPeer(number: number, proof: self, deadline: deadline)
                group.addTask { await peer.run() }
            }
        }
    }

    var isSettled: Bool { self.journal.write { ledger, _ in ledger.isSettled } }

    /// Compares with what the relay has kept, and ends the session.
    func close(settlingBeganAt: Int64) async -> SessionLedger {
        let history = try? await self.history()
        self.journal.write { ledger, now in
            ledger.close(history: history, settlingBeganAt: settlingBeganAt, at: now)
        }
        try? await self.members[0].closeSession()
        return self.journal.copy
    }

    private func history() async throws -> [RelayMessage] {
        let deadline = ContinuousClock.now + max(self.plan.settle, .seconds(15))
        let topic = self.journal.write { ledger, _ in ledger.topics[0] }
        let clients = self.nodes.map { self.members[0].client(at: $0) }
        var messages: [RelayMessage] = []
        var cursor: String?
        while true {
            let page = try await Self.repeatedly(clients, until: deadline) { [cursor] client in
                try await client.history(topic, limit: 100, order: .oldestFirst, cursor: cursor)
            }
            guard let last = page.messages.last else { return messages }
            messages += page.messages
            cursor = page.nextCursor ?? last.messageID
        }
    }

    private static func repeatedly<Value>(
        _ nodes: [RelayClient],
        until deadline: ContinuousClock.Instant,
        _ body: (RelayClient) async throws -> Value
    ) async throws -> Value {
        var attempt = 0
        while true {
            do {
                return try await body(nodes[attempt % nodes.count])
            } catch let error as RelayError {
                guard error.code == .unavailable, ContinuousClock.now < deadline else {
                    throw ProofProblem(description: "no session: \(error)")
                }
            }
            attempt += 1
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}
