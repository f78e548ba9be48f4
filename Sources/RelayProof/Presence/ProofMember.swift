import RelayClient
import Synchronization

/// A member of the run's topic: watches who is there, is there itself, speaks, and now and again leaves, or has its connection break, and comes
/// back to some node.
struct ProofMember: Sendable {
    /// Mean of the time between two updates of a member.
    private static let pause = Duration.milliseconds(200)
    private static let connectTimeout = Duration.seconds(5)
    private static let leaveLimit = Duration.seconds(5)

    let number: Int
    let proof: PresenceProof
    let deadline: ContinuousClock.Instant

    private var isEnding: Bool { Task.isCancelled || self.proof.run.isEnding || ContinuousClock.now >= self.deadline }

    /// Returns when it is cancelled. From the deadline on it stays where it is.
    func run() async {
        var random = self.proof.plan.random(role: 3, index: self.number)
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
        var failures = 0
        while !Task.isCancelled {
            do {
                try await self.stay(&random)
                failures = 0
            } catch {
                guard !(error is CancellationError) else { return }
                self.proof.run.failed(error)
                failures += 1
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, using: &random))
            }
            self.proof.run.resumed()
        }
    }

    /// One connection, from its beginning to its end.
    private func stay(_ random: inout ProofRandom) async throws {
        let plan = self.proof.plan
        let node = self.proof.nodes[Int.random(in: self.proof.nodes.indices, using: &random)]
        var options = SubscriptionOptions(topics: [plan.quietTopic])
        options.connectTimeout = Self.connectTimeout
        let socket = try await node.openSocket(options)
        let limit = (plan.lostAfter + ProofPlan.lossAllowance).inNanoseconds
        defer {
            socket.close()
            self.proof.write { ledger, now in ledger.disconnected(self.number, until: now + limit) }
        }
        let span = random.span(mean: plan.resumeEvery * 3)
        let leaves = Bool.random(using: &random)
        let seed = random.next()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.listen(on: socket) }
            group.addTask { try await self.speak(on: socket, ProofRandom(seed: seed), for: span, leaves: leaves) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    // MARK: Speaking

    /// Comes, speaks, and goes when the time is over, unless the run ends before.
    ///
    /// - Parameter leaves: whether it says that it goes.
    private func speak(
        on socket: RelaySocket,
        _ random: ProofRandom,
        for span: Duration,
        leaves: Bool
    ) async throws {
        var random = random
        try await socket.send(.watch(since: nil), on: self.proof.topic)
        self.proof.write { ledger, _ in ledger.asks(self.number) }
        try await socket.send(.join(Self.data("0")), on: self.proof.topic, request: Request.join.text)
        let end = ContinuousClock.now + span
        var word = 0
        while self.isEnding || ContinuousClock.now < end {
            try await Task.sleep(for: random.span(mean: Self.pause))
            // What is said last must be answered before all is compared.
            guard !self.isEnding else { continue }
            word += 1
            let request = Request.update(word)
            let text = Self.data(String(word)).text
            self.proof.write { ledger, _ in ledger.updates(self.number, request: request.text, to: text) }
            try await socket.send(.update(Self.data(String(word))), on: self.proof.topic, request: request.text)
        }
        guard leaves else { return }
        try await socket.send(.leave, on: self.proof.topic, request: Request.leave.text)
        // The listener ends with the answer.
        try await Task.sleep(for: Self.leaveLimit)
    }

    private static func data(_ word: String) -> JSONDocument { ["word": .string(word)] }

    private enum Request {
        case join
        case update(Int)
        case leave

        var text: String {
            switch self {
            case .join: "join"
            case .update(let word): "update-\(word)"
            case .leave: "leave"
            }
        }
    }

    // MARK: Listening

    /// Returns once the relay has let it leave.
    private func listen(on socket: RelaySocket) async throws {
        while true {
            switch try await socket.next() {
            case .presence(let report): self.proof.write { ledger, _ in ledger.told(self.number, report) }
            case .presenceDone(Request.leave.text, _):
                return self.proof.write { ledger, _ in ledger.left(self.number) }
            case .presenceDone(Request.join.text, let connection?):
                let word = Self.data("0").text
                self.proof.write { ledger, _ in ledger.joined(self.number, by: connection, saying: word) }
            case .presenceDone(let request, _):
                self.proof.write { ledger, _ in ledger.updated(self.number, request: request) }
            case .publishRefused(Request.join.text, let message):
                throw RelayError(.unavailable, detail: message)
            case .publishRefused(let request, _):
                self.proof.run.frameRefused()
                self.proof.write { ledger, _ in ledger.refused(self.number, request: request) }
            case .error(let code, let message):
                throw RelayError(.subscriptionEnded, detail: "\(message) (\(code))")
            case .subscribed, .message, .gap, .published, .tokenExpiring, .authenticated, .other: continue
            }
        }
    }
}
