import RelayClient
import RelayWire
import Synchronization

/// What a peer hears, over sockets and polls by turns, so that what one way brings the other goes on from.
extension SessionPeer {
    private static let pollTimeout = Duration.seconds(10)

    private enum Way {
        case socket
        case polls
        case signaling
    }

    /// - Parameter mayVanish: whether the peer may take a broken connection for its end.
    /// - Returns: whether it has; false when it is cancelled.
    func read(_ random: inout ProofRandom, mayVanish: Bool) async -> Bool {
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
        var failures = 0
        while !Task.isCancelled {
            let (node, way, seed) = (self.node(&random), self.way(&random), random.next())
            let hold = random.span(mean: self.proof.plan.resumeEvery)
            do {
                _ = try await Limit.isDone(within: hold) {
                    try await self.follow(way, at: node, ProofRandom(seed: seed))
                }
                failures = 0
                self.detached()
            } catch {
                self.detached()
                guard !Task.isCancelled else { return false }
                self.journal.failed(error)
                failures += 1
                let isRefused = (error as? RelayError)?.code == .refused
                let takesItsChance = Bool.random(using: &random)
                if mayVanish, self.mayVanish, !isRefused, takesItsChance { return true }
                // A peer that was away for too long has left, which is told, and comes back by its ticket.
                if isRefused { try? await self.member.confirm() }
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, using: &random))
            }
            self.journal.resumed()
        }
        return false
    }

    /// A poll needs a cursor: without one nothing says where it begins.
    private func way(_ random: inout ProofRandom) -> Way {
        let hasBegun = self.cursors.withLock { table in self.topics.allSatisfy { table[$0] != nil } }
        switch Int.random(in: 0..<3, using: &random) {
        case 0 where hasBegun: return .polls
        case 1: return .socket
        default: return self.member.canSignal ? .signaling : .socket
        }
    }

    private func follow(_ way: Way, at node: RelayClient, _ random: ProofRandom) async throws {
        switch way {
        case .socket: try await self.followSocket(self.member.client(at: node))
        case .polls: try await self.followPolls(self.member.client(at: node))
        case .signaling: try await self.followSignaling(at: node, random)
        }
    }

    func attached() { self.journal.write { ledger, now in ledger.attached(self.number, at: now) } }

    func detached() { self.journal.write { ledger, _ in ledger.detached(self.number) } }

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
                self.begins(starts)
                self.attached()
            case .message(let message): self.received(message)
            case .gap(let gap): self.received(gap)
            case .error(let code, let text): throw RelayError(.refused, detail: "\(text) (\(code))")
            case .published, .publishRefused, .presence, .presenceDone, .tokenExpiring, .authenticated, .other: continue
            }
        }
    }

    private func followPolls(_ client: RelayClient) async throws {
        self.attached()
        while true {
            let cursors = self.cursors.withLock { $0.cursors }
            let page = try await client.poll(self.topics, cursors: cursors, timeout: Self.pollTimeout)
            for gap in page.gaps { self.received(gap) }
            for message in page.messages { self.received(message) }
            self.cursors.withLock { $0.adopt(epochs: page.epochs) }
            for topic in page.epochs.keys {
                self.journal.write { ledger, _ in ledger.knowsHistory(self.number, of: topic) }
            }
        }
    }

    /// The relay says after which cursors topics begin. A topic without any message has no epoch.
    func begins(_ starts: [String: String]) {
        self.cursors.withLock { $0.adopt(starts) }
        for (topic, start) in starts {
            let parts = start.split(separator: "@")
            guard let id = parts.last.flatMap({ MessageID($0) }) else { continue }
            self.journal.write { ledger, _ in
                ledger.began(self.number, in: topic, after: id)
                if parts.count == 2 { ledger.knowsHistory(self.number, of: topic) }
            }
        }
    }

    func received(_ message: RelayMessage) {
        self.cursors.withLock { _ = $0.advance(message.topic, to: message.messageID) }
        self.journal.write { ledger, now in ledger.delivered(message, to: self.number, at: now) }
    }

    func received(_ gap: MessageGap) {
        self.cursors.withLock { $0.take(gap) }
        self.journal.write { ledger, _ in ledger.toldGap(gap, to: self.number) }
    }
}
