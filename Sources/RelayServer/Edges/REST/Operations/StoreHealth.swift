import Logging
import RelayCore
import Synchronization

/// Asks the store whether it can serve, and waits for its answer only so long.
///
/// However many ask, and however long the store takes, at most one question is under way: its answer is everybody's.
final class StoreHealth: Sendable {
    enum Answer: Hashable, Sendable {
        case healthy
        case unhealthy
        /// No answer in time. The question is still under way.
        case late
    }

    private struct State {
        var isAsking = false
        var waiting: [Int: AsyncStream<Answer>.Continuation] = [:]
        var nextWaiter = 0
        /// Why the store could not serve when it last answered; nil where it could.
        var trouble: String?
    }

    private let check: @Sendable () async throws -> Void
    private let report: @Sendable ((any Error)?) -> Void
    private let lane: TaskLane
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - patience: what a caller waits at most.
    ///   - lane: runs the question, which may outlive those who asked.
    ///   - report: called when the store no longer serves, or for another reason, and with nil when it serves again.
    ///   - check: throws where the store can't serve.
    init(
        patience: Duration = .milliseconds(950),
        lane: TaskLane,
        report: @escaping @Sendable ((any Error)?) -> Void = { _ in },
        check: @escaping @Sendable () async throws -> Void
    ) {
        self.patience = patience
        self.lane = lane
        self.report = report
        self.check = check
    }

    /// Asks `store`, and says in the log when it stops to serve, and when it serves again.
    convenience init(_ store: any StoreLifecycle, lane: TaskLane, logger: Logger) {
        let report: @Sendable ((any Error)?) -> Void = { error in
            if let error {
                logger.error("the store can't serve", metadata: ["error": "\(error)"])
            } else {
                logger.notice("the store serves again")
            }
        }
        self.init(lane: lane, report: report) { try await store.checkHealth() }
    }

    /// What it said last, without asking; healthy where nobody has asked yet.
    var latest: Answer { self.state.withLock { $0.trouble == nil ? .healthy : .unhealthy } }

    func answer() async -> Answer {
        let (answers, continuation) = AsyncStream<Answer>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let (waiter, mustAsk) = self.state.withLock { state in
            defer { state.nextWaiter += 1 }
            state.waiting[state.nextWaiter] = continuation
            let mustAsk = !state.isAsking
            state.isAsking = true
            return (state.nextWaiter, mustAsk)
        }
        defer { self.state.withLock { _ = $0.waiting.removeValue(forKey: waiter) } }
        if mustAsk, !self.lane.run({ await self.ask() }) { self.answered(.unhealthy) }
        return await self.first(of: answers)
    }

    private func first(of answers: AsyncStream<Answer>) async -> Answer {
        let patience = self.patience
        return await withTaskGroup(of: Answer.self) { group in
            group.addTask {
                for await answer in answers { return answer }
                return .late
            }
            group.addTask {
                // Cancelled as soon as there is an answer.
                try? await Task.sleep(for: patience)
                return .late
            }
            let answer = await group.next() ?? .late
            group.cancelAll()
            return answer
        }
    }

    private func ask() async {
        do {
            try await self.check()
            self.note(nil)
            self.answered(.healthy)
        } catch {
            self.note(error)
            self.answered(.unhealthy)
        }
    }

    private func note(_ error: (any Error)?) {
        let trouble = error.map { "\($0)" }
        let isNews = self.state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble != trouble
        }
        if isNews { self.report(error) }
    }

    private func answered(_ answer: Answer) {
        let waiting = self.state.withLock { state in
            state.isAsking = false
            return state.waiting.values
        }
        for continuation in waiting { continuation.yield(answer) }
    }
}
