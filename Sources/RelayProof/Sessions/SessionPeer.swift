import RelayClient
import Synchronization

/// A peer of the run's session: reads on one node after another, speaks, and, unless it is the host, leaves now and again and comes back.
///
/// Owner of its cursors: its lock, though only the one connection at a time uses them.
final class SessionPeer: Sendable {
    private static let pollTimeout = Duration.seconds(10)
    /// Mean of the time between two words of a peer.
    private static let pause = Duration.milliseconds(150)

    private let number: Int
    private let member: SessionMember
    private let proof: SessionProof
    private let deadline: ContinuousClock.Instant
    private let topics: [String]
    private let cursors = Mutex(CursorTable())

    init(number: Int, proof: SessionProof, deadline: ContinuousClock.Instant) {
        self.number = number
        self.member = proof.members[number]
        self.proof = proof
        self.deadline = deadline
        self.topics = proof.journal.write { ledger, _ in ledger.topics }
    }

    private var journal: SessionJournal { self.proof.journal }

    /// At any node, with the ticket as it is now.
    private func client(_ random: inout ProofRandom) -> RelayClient {
        self.member.client(at: self.proof.nodes[Int.random(in: self.proof.nodes.indices, using: &random)])
    }

    private var isEnding: Bool { Task.isCancelled || self.journal.isEnding || ContinuousClock.now >= self.deadline }

    /// Returns when it is cancelled.
    func run() async {
        var random = self.proof.plan.random(role: 2, index: self.number)
        while !self.isEnding {
            let stay = random.span(mean: self.proof.plan.resumeEvery * 3)
            await self.stay(for: stay, &random)
            if self.number > 0, !self.isEnding { await self.goAndComeBack(&random) }
        }
        // What was said last is still to come.
        await self.stay(for: nil, &random)
    }

    /// - Parameter span: nil: until it is cancelled.
    private func stay(for span: Duration?, _ random: inout ProofRandom) async {
        let (readSeed, speakSeed) = (random.next(), random.next())
        _ = try? await Limit.isDone(within: span ?? .seconds(86_400)) {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.read(ProofRandom(seed: readSeed)) }
                group.addTask { await self.speak(ProofRandom(seed: speakSeed)) }
            }
        }
    }
}

// MARK: - Coming and going

extension SessionPeer {
    private enum Outcome {
        case done
        /// Refused, after an attempt whose answer was lost: that one was done.
        case doneBefore
        case cancelled
    }

    private func goAndComeBack(_ random: inout ProofRandom) async {
        let session = self.member.sessionID
        let left = await self.certainly(&random, untilStatus: 403) {
            try await self.member.client(at: $0).leave(session)
        }
        guard left != .cancelled else { return }
        self.journal.write { ledger, _ in ledger.left(self.number) }
        try? await Task.sleep(for: random.span(mean: .milliseconds(300)))
        let came = await self.certainly(&random, untilStatus: 409) { try await self.member.comeBack(at: $0) }
        guard came != .cancelled else { return }
        self.journal.write { ledger, _ in ledger.joined(self.number) }
        if came == .doneBefore { await self.waitForOwnName(&random) }
    }

    /// The answer with the new ticket was lost, and nothing else opens the peer's place. It is free once the relay has noticed that nobody is
    /// there.
    private func waitForOwnName(_ random: inout ProofRandom) async {
        self.journal.write { ledger, _ in ledger.shutOut(self.number, true) }
        let token = self.proof.joinToken
        let came = await self.certainly(&random, untilStatus: nil) { try await self.member.comeBack(at: $0, by: token) }
        guard came != .cancelled else { return }
        self.journal.write { ledger, _ in
            ledger.joined(self.number)
            ledger.shutOut(self.number, false)
        }
    }

    /// Tries until it is certain that it was done.
    ///
    /// - Parameter status: what the relay answers where it was done before; nil: that means nothing, and is tried again.
    private func certainly(
        _ random: inout ProofRandom,
        untilStatus status: Int?,
        _ body: (RelayClient) async throws -> Void
    ) async -> Outcome {
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
        var failures = 0
        while !Task.isCancelled {
            do {
                try await body(self.proof.nodes[Int.random(in: self.proof.nodes.indices, using: &random)])
                return .done
            } catch {
                if failures > 0, let status, (error as? RelayError)?.status == status { return .doneBefore }
                self.journal.failed(error)
                failures += 1
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, using: &random))
            }
        }
        return .cancelled
    }
}

// MARK: - Speaking

extension SessionPeer {
    private func speak(_ seed: ProofRandom) async {
        var random = seed
        while !self.isEnding {
            guard (try? await Task.sleep(for: random.span(mean: Self.pause))) != nil, !self.isEnding else { return }
            await self.say(self.word(&random), &random)
        }
    }

    private func word(_ random: inout ProofRandom) -> SessionLedger.Word {
        let target = Int.random(in: 0..<self.proof.members.count - 1, using: &random)
        let other = target < self.number ? target : target + 1
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .chat
        case 1: return .signal
        case 2: return .addressed(to: other, isChat: true)
        default: return .addressed(to: other, isChat: false)
        }
    }

    /// Follows one message to its outcome. Not cut short when the peer leaves: whether it was stored is to be known.
    private func say(_ word: SessionLedger.Word, _ random: inout ProofRandom) async {
        let size = Int.random(in: 0...self.proof.plan.payloadSize, using: &random)
        let (number, message) = self.journal.write { ledger, now in
            ledger.began(word, by: self.number, fillerSize: size, at: now)
        }
        let key = "\(self.proof.plan.runID)-session-\(number)"
        var attempts = PublishAttempts(deadline: self.deadline + self.proof.plan.settle)
        while true {
            do {
                let client = self.client(&random)
                let receipt = try await client.publish(message.topic, message.payload, idempotencyKey: key)
                guard let id = receipt.messageID else { return }
                return self.journal.write { ledger, now in ledger.acknowledged(number, id: id, at: now) }
            } catch {
                self.journal.failed(error)
                switch attempts.failed(error, at: .now, using: &random) {
                case .giveUp: return
                case .refused: return self.journal.write { ledger, _ in ledger.refused(number) }
                case .retry(let delay):
                    guard (try? await Task.sleep(for: delay)) != nil else { return }
                }
            }
        }
    }
}

// MARK: - Reading

extension SessionPeer {
    private func read(_ seed: ProofRandom) async {
        var random = seed
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
        var failures = 0
        while !Task.isCancelled {
            let client = self.client(&random)
            let hold = random.span(mean: self.proof.plan.resumeEvery)
            // By turns, so that what one way brings the other goes on from.
            let isSocket = Bool.random(using: &random)
            do {
                _ = try await Limit.isDone(within: hold) {
                    if isSocket { try await self.followSocket(client) } else { try await self.followPolls(client) }
                }
                failures = 0
                self.detached()
            } catch {
                self.detached()
                guard !Task.isCancelled else { return }
                self.journal.failed(error)
                failures += 1
                // A peer that was away for too long has left, which is told, and comes back by its ticket.
                if (error as? RelayError)?.code == .refused { try? await self.member.confirm() }
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, using: &random))
            }
            self.journal.resumed()
        }
    }

    private func attached() { self.journal.write { ledger, now in ledger.attached(self.number, at: now) } }

    private func detached() { self.journal.write { ledger, _ in ledger.detached(self.number) } }

    private func followSocket(_ client: RelayClient) async throws {
        var options = SubscriptionOptions(
            topics: self.topics,
            start: .earliest,
            cursors: self.cursors.withLock { $0.cursors }
        )
        options.connectTimeout = .seconds(5)
        let socket = try await client.openSocket(options)
        defer { socket.close() }
        while true {
            switch try await socket.next() {
            case .subscribed(_, let starts):
                self.cursors.withLock { $0.adopt(starts) }
                self.attached()
            case .message(let message): self.received(message)
            case .gap(let gap): self.received(gap)
            case .error(let code, let text): throw RelayError(.refused, detail: "\(text) (\(code))")
            case .published, .publishRefused, .tokenExpiring, .authenticated, .other: continue
            }
        }
    }

    private func followPolls(_ client: RelayClient) async throws {
        self.attached()
        while true {
            let known = self.cursors.withLock { $0.cursors }
            let cursors = Dictionary(uniqueKeysWithValues: self.topics.map { ($0, known[$0] ?? "0") })
            let page = try await client.poll(self.topics, cursors: cursors, timeout: Self.pollTimeout)
            for gap in page.gaps { self.received(gap) }
            for message in page.messages { self.received(message) }
            self.cursors.withLock { $0.adopt(epochs: page.epochs) }
        }
    }

    private func received(_ message: RelayMessage) {
        self.cursors.withLock { _ = $0.advance(message.topic, to: message.messageID) }
        self.journal.write { ledger, now in ledger.delivered(message, to: self.number, at: now) }
    }

    private func received(_ gap: MessageGap) {
        self.cursors.withLock { $0.take(gap) }
        self.journal.write { ledger, _ in ledger.toldGap(gap, to: self.number) }
    }
}
