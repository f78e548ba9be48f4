import Synchronization

/// Where those who have asked for tunnels wait for the answers, which come by the session's topic.
///
/// Owner of who waits: its lock.
final class TunnelDesk: Sendable {
    enum Answer: Hashable, Sendable {
        case accepted
        case refused(reason: String)
    }

    private struct State {
        var waiting: [String: AsyncStream<Answer>.Continuation] = [:]
        /// Answers that came before their question's own reply, the oldest first. Those to others' questions are among them.
        var early: [(tunnelID: String, answer: Answer)] = []
    }

    private static let maxEarly = 128
    private let state = Mutex(State())

    func told(_ answer: Answer, of tunnelID: String) {
        let waiting = self.state.withLock { state in
            if let waiting = state.waiting[tunnelID] { return Optional(waiting) }
            state.early.append((tunnelID, answer))
            if state.early.count > Self.maxEarly { state.early.removeFirst() }
            return nil
        }
        waiting?.yield(answer)
    }

    /// The relay answers within half a minute. An answer that was missed does not come later.
    private static let patience = Duration.seconds(40)

    /// Waits for the first answer. Without one in time it is a refusal.
    ///
    /// - Throws: `CancellationError`.
    func answer(to tunnelID: String) async throws -> Answer {
        let (stream, continuation) = AsyncStream.makeStream(of: Answer.self, bufferingPolicy: .bufferingOldest(1))
        let early = self.state.withLock { state in
            if let place = state.early.firstIndex(where: { $0.tunnelID == tunnelID }) {
                return Optional(state.early.remove(at: place).answer)
            }
            state.waiting[tunnelID] = continuation
            return nil
        }
        if let early { return early }
        defer { _ = self.state.withLock { $0.waiting.removeValue(forKey: tunnelID) } }
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask {
                for await answer in stream { return answer }
                throw CancellationError()
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                return .refused(reason: "unanswered")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }
}
