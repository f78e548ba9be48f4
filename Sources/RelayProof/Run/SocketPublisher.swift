import RelayClient

/// Publishes on a WebSocket, a few frames at a time, and never sends a frame again: what is unanswered when the socket breaks
/// stays unknown. Belongs to one publisher's task.
struct SocketPublisher {
    /// An answer that takes longer doesn't come.
    private static let answerLimit = Duration.seconds(10)

    private let publisher: ProofPublisher
    private let backoff = Backoff(first: .milliseconds(50), longest: .seconds(2))
    private var socket: RelaySocket?
    private var reopenAt = ContinuousClock.now
    private var failures = 0

    init(_ publisher: ProofPublisher) {
        self.publisher = publisher
    }

    mutating func close() {
        self.socket?.close()
        self.socket = nil
    }

    mutating func publish(_ count: Int, _ random: inout ProofRandom) async {
        if self.socket != nil, self.reopenAt < .now { self.close() }
        do {
            let socket = try await self.openedSocket(&random)
            var begun: [(number: Int, message: OutgoingMessage)] = []
            for _ in 0..<count { begun.append(self.publisher.begin(&random)) }
            let publisher = self.publisher
            try await Limit.run(for: Self.answerLimit) { [begun] in try await Self.send(begun, on: socket, publisher) }
            self.failures = 0
        } catch {
            self.close()
            guard !(error is CancellationError) else { return }
            self.publisher.journal.failed(error)
            self.failures += 1
            try? await Task.sleep(for: self.backoff.delay(afterFailures: self.failures, using: &random))
        }
    }

    private static func send(
        _ begun: [(number: Int, message: OutgoingMessage)],
        on socket: RelaySocket,
        _ publisher: ProofPublisher
    ) async throws {
        for (number, message) in begun { try await socket.publish(message, request: String(number)) }
        var unanswered = Set(begun.map { String($0.number) })
        while !unanswered.isEmpty {
            switch try await socket.next() {
            case .published(let request, let receipt):
                guard unanswered.remove(request) != nil, let number = Int(request) else { continue }
                publisher.acknowledged(number, receipt.messageID)
            case .publishRefused(let request, _):
                unanswered.remove(request)
                publisher.journal.frameRefused()
            case .subscribed, .message, .gap, .error, .presence, .presenceDone, .tokenExpiring, .authenticated, .other:
                continue
            }
        }
    }

    private mutating func openedSocket(_ random: inout ProofRandom) async throws -> RelaySocket {
        if let socket { return socket }
        let node = self.publisher.nodes[Int.random(in: self.publisher.nodes.indices, using: &random)]
        var options = SubscriptionOptions(topics: [self.publisher.plan.quietTopic])
        options.connectTimeout = .seconds(5)
        let socket = try await node.openSocket(options)
        self.socket = socket
        self.reopenAt = .now + random.span(mean: self.publisher.plan.resumeEvery * 4)
        return socket
    }
}
