import RelayClient
import RelayWire
import Synchronization

/// A peer of the run's session: reads on one node after another, speaks, and, unless it is the host, leaves now and again, or vanishes, and
/// comes back.
///
/// Owner of its cursors: its lock, though only the one connection at a time uses them.
final class SessionPeer: Sendable {
    /// Mean of the time between two words of a peer.
    static let pause = Duration.milliseconds(150)

    let number: Int
    let member: SessionMember
    let proof: SessionProof
    let deadline: ContinuousClock.Instant
    let topics: [String]
    let cursors = Mutex(CursorTable())
    /// Whether its connection broke, and it does not make another.
    private let isLost = Mutex(false)
    /// What it has said on its signaling socket.
    let receipts = Mutex(SocketReceipts())

    init(number: Int, proof: SessionProof, deadline: ContinuousClock.Instant) {
        self.number = number
        self.member = proof.members[number]
        self.proof = proof
        self.deadline = deadline
        self.topics = proof.journal.write { ledger, _ in ledger.topics }
    }

    var journal: SessionJournal { self.proof.journal }

    func node(_ random: inout ProofRandom) -> RelayClient {
        self.proof.nodes[Int.random(in: self.proof.nodes.indices, using: &random)]
    }

    /// At any node, with the ticket as it is now.
    func client(_ random: inout ProofRandom) -> RelayClient { self.member.client(at: self.node(&random)) }

    var isEnding: Bool { Task.isCancelled || self.journal.isEnding || ContinuousClock.now >= self.deadline }

    /// Returns when it is cancelled.
    func run() async {
        var random = self.proof.plan.random(role: 2, index: self.number)
        while !self.isEnding {
            let isLost = await self.stay(for: random.span(mean: self.proof.plan.resumeEvery * 3), &random)
            guard self.number > 0, !self.isEnding else { continue }
            if isLost || (self.mayVanish && Int.random(in: 0..<3, using: &random) == 0) {
                await self.vanish(afterBreak: isLost, &random)
            } else {
                await self.goAndComeBack(&random)
            }
        }
        // What was said last is still to come.
        _ = await self.read(&random, mayVanish: false)
    }

    /// - Returns: whether it is lost.
    private func stay(for span: Duration, _ random: inout ProofRandom) async -> Bool {
        let (readSeed, speakSeed) = (random.next(), random.next())
        self.isLost.withLock { $0 = false }
        _ = try? await Limit.isDone(within: span) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    var random = ProofRandom(seed: readSeed)
                    let result = await self.read(&random, mayVanish: self.number > 0)
                    self.isLost.withLock { $0 = result }
                }
                group.addTask { await self.speak(ProofRandom(seed: speakSeed)) }
                await group.next()
                group.cancelAll()
            }
        }
        return self.isLost.withLock { $0 }
    }

    /// Whether there is time to see what becomes of a peer that vanishes.
    var mayVanish: Bool {
        let plan = self.proof.plan
        return ContinuousClock.now + plan.lostAfter + ProofPlan.lossAllowance < self.deadline + plan.settle
    }
}

// MARK: - Coming and going

extension SessionPeer {
    private enum Outcome {
        case done
        /// Refused, after an attempt whose answer was lost.
        case refusedLater
        case cancelled
    }

    private func goAndComeBack(_ random: inout ProofRandom) async {
        self.journal.write { ledger, _ in ledger.leaving(self.number) }
        let isOverSocket = self.member.canSignal && Bool.random(using: &random)
        if isOverSocket, await self.leaveOverSocket(&random) {
            self.journal.write { ledger, _ in ledger.left(self.number) }
        } else {
            let session = self.member.sessionID
            // Whoever has been asked already may have done it. Who is not in the session any more was lost, or has left.
            let left = await self.certainly(&random, untilStatus: 403, isTriedBefore: isOverSocket) {
                try await self.member.client(at: $0).leave(session)
            }
            guard left != .cancelled else { return }
            if left == .done { self.journal.write { ledger, _ in ledger.left(self.number) } }
        }
        try? await Task.sleep(for: random.span(mean: .milliseconds(300)))
        await self.comeBack(&random)
    }

    /// Gives no sign of life until the relay has told that the peer is gone.
    private func vanish(afterBreak: Bool, _ random: inout ProofRandom) async {
        let limit = self.proof.plan.lostAfter + ProofPlan.lossAllowance
        self.journal.write { ledger, now in
            if afterBreak { ledger.counts.lossesByBreak += 1 }
            ledger.vanished(self.number, until: now + limit.inNanoseconds)
        }
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, self.journal.write({ ledger, _ in ledger.isMissing(self.number) }) {
            guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
        }
        await self.comeBack(&random)
    }

    private func comeBack(_ random: inout ProofRandom) async {
        let came = await self.certainly(&random, untilStatus: 409) { try await self.member.comeBack(at: $0) }
        guard came != .cancelled else { return }
        // Refused later: an attempt whose answer was lost has let it in, or the relay still takes it for there.
        if came == .done { self.journal.write { ledger, _ in ledger.joined(self.number) } }
        if came == .refusedLater { await self.waitForOwnName(&random) }
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
    /// - Parameters:
    ///   - status: what the relay answers where it was done before; nil: that means nothing, and is tried again.
    ///   - isTriedBefore: whether it may have been done before.
    private func certainly(
        _ random: inout ProofRandom,
        untilStatus status: Int?,
        isTriedBefore: Bool = false,
        _ body: (RelayClient) async throws -> Void
    ) async -> Outcome {
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(1))
        var failures = 0
        while !Task.isCancelled {
            do {
                try await body(self.node(&random))
                return .done
            } catch {
                let isRefused = status.map { (error as? RelayError)?.status == $0 } ?? false
                if isTriedBefore || failures > 0, isRefused { return .refusedLater }
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

    func word(_ random: inout ProofRandom) -> SessionLedger.Word {
        let target = Int.random(in: 0..<self.proof.members.count - 1, using: &random)
        let other = target < self.number ? target : target + 1
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .chat
        case 1: return .signal
        case 2: return .addressed(to: other, isChat: true)
        default: return .addressed(to: other, isChat: false)
        }
    }

    func begin(_ word: SessionLedger.Word, _ random: inout ProofRandom) -> (number: Int, message: OutgoingMessage) {
        let size = Int.random(in: 0...self.proof.plan.payloadSize, using: &random)
        return self.journal.write { ledger, now in ledger.began(word, by: self.number, fillerSize: size, at: now) }
    }

    /// Follows one message to its outcome.
    private func say(_ word: SessionLedger.Word, _ random: inout ProofRandom) async {
        let (number, message) = self.begin(word, &random)
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
