import RelayClient
import Synchronization

/// Follows its cursors in all topics: over one connection for a random while, then over another one to a random node.
///
/// Owner of its cursors: its lock, though only the one connection at a time uses them.
final class ProofReader: Sendable {
    private static let pollTimeout = Duration.seconds(10)

    private let index: Int
    private let kind: ReaderKind
    private let nodes: [RelayClient]
    private let plan: ProofPlan
    private let journal: ProofJournal
    /// With epochs, as a client should: a node that does not know a new epoch yet must not take them for another history's.
    private let cursors = Mutex(CursorTable())
    private let lastEventID = Mutex<String?>(nil)

    init(index: Int, nodes: [RelayClient], plan: ProofPlan, journal: ProofJournal) {
        self.index = index
        self.kind = plan.readers[index]
        self.nodes = nodes
        self.plan = plan
        self.journal = journal
    }

    /// Returns when it is cancelled.
    func run() async {
        var random = self.plan.random(role: 1, index: self.index)
        let backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
        var failures = 0
        while !Task.isCancelled {
            let node = self.nodes[Int.random(in: self.nodes.indices, using: &random)]
            let hold = random.span(mean: self.plan.resumeEvery)
            do {
                _ = try await Limit.isDone(within: hold) { try await self.follow(node) }
                failures = 0
                self.detached()
            } catch {
                self.detached()
                guard !Task.isCancelled else { return }
                self.journal.failed(error)
                failures += 1
                let delay = backoff.delay(afterFailures: failures, using: &random)
                let asked = min((error as? RelayError)?.retryAfter ?? .zero, .seconds(5))
                try? await Task.sleep(for: max(delay, asked))
            }
            self.journal.resumed()
        }
    }

    private func follow(_ node: RelayClient) async throws {
        switch self.kind {
        case .websocket: try await self.followSocket(node)
        case .poll: try await self.followPolls(node)
        case .sse: try await self.followEvents(node)
        }
    }

    private func attached() {
        self.journal.write { ledger, now in ledger.readerAttached(self.index, at: now) }
    }

    private func detached() {
        self.journal.write { ledger, _ in ledger.readerDetached(self.index) }
    }

    private func received(_ message: RelayMessage) {
        self.cursors.withLock { _ = $0.advance(message.topic, to: message.messageID) }
        self.journal.write { ledger, now in ledger.delivered(message, to: self.index, at: now) }
    }

    private func received(_ gap: MessageGap) {
        self.cursors.withLock { $0.take(gap) }
        self.journal.write { ledger, _ in ledger.toldGap(gap, to: self.index) }
    }
}

// MARK: - Ways of reading

extension ProofReader {
    private func followSocket(_ node: RelayClient) async throws {
        var options = SubscriptionOptions(
            topics: self.plan.topics,
            start: .earliest,
            cursors: self.cursors.withLock { $0.cursors }
        )
        options.connectTimeout = .seconds(5)
        let socket = try await node.openSocket(options)
        defer { socket.close() }
        while true { try self.received(try await socket.next()) }
    }

    private func received(_ frame: ServerFrame) throws {
        switch frame {
        case .subscribed(_, let starts):
            self.cursors.withLock { $0.adopt(starts) }
            self.attached()
        case .message(let message): self.received(message)
        case .gap(let gap): self.received(gap)
        // The token has expired: the stream ends next, and the reader comes again with another.
        case .error("AUTH_ERROR", _): break
        case .error(let code, let message):
            throw RelayError(.subscriptionEnded, detail: "\(message) (\(code))")
        case .published, .publishRefused, .presence, .presenceDone, .tokenExpiring, .authenticated, .other: break
        }
    }

    private func followPolls(_ node: RelayClient) async throws {
        self.attached()
        while true {
            let known = self.cursors.withLock { $0.cursors }
            let cursors = Dictionary(uniqueKeysWithValues: self.plan.topics.map { ($0, known[$0] ?? "0") })
            let page = try await node.poll(self.plan.topics, cursors: cursors, timeout: Self.pollTimeout)
            self.journal.answered(200)
            for gap in page.gaps { self.received(gap) }
            for message in page.messages { self.received(message) }
            self.cursors.withLock { $0.adopt(epochs: page.epochs) }
        }
    }

    private func followEvents(_ node: RelayClient) async throws {
        let last = self.lastEventID.withLock { $0 }
        let events = try await node.events(self.plan.topics, start: .earliest, lastEventID: last)
        self.journal.answered(200)
        self.attached()
        for try await event in events {
            if let frame = event.frame { try self.received(frame) }
            if let id = event.id { self.lastEventID.withLock { $0 = id } }
        }
        throw RelayError(.unavailable, detail: "the relay ended the event stream")
    }
}
