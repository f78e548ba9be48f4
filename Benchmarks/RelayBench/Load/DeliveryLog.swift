import NIOCore
import Synchronization

/// What a group of subscribers received; shared by their handlers on all event loops.
final class DeliveryLog: Sendable {
    private struct Goal {
        var deliveries: Int
        var reached: EventLoopPromise<Void>
    }

    private struct State {
        var deliveries = 0
        var lostReaders = 0
        var latencies = Latencies()
        var goal: Goal?

        mutating func takeReachedGoal() -> EventLoopPromise<Void>? {
            guard let goal = self.goal, self.deliveries >= goal.deliveries else { return nil }
            self.goal = nil
            return goal.reached
        }
    }

    /// Whether messages carry a ``LatencyStamp``.
    let readsStamps: Bool
    private let state = Mutex(State())

    init(readsStamps: Bool = false) {
        self.readsStamps = readsStamps
    }

    var lostReaders: Int { self.state.withLock { $0.lostReaders } }

    /// - Parameter latency: nanoseconds; nil for a message without a stamp.
    func delivered(latency: Int64?) {
        let reached = self.state.withLock { state in
            state.deliveries += 1
            if let latency { state.latencies.add(latency) }
            return state.takeReachedGoal()
        }
        reached?.succeed()
    }

    /// Several deliveries that came as one, each with its latency where they carry stamps.
    ///
    /// - Parameter latencies: nanoseconds.
    func delivered(_ deliveries: Int, latencies: [Int64]) {
        let reached = self.state.withLock { state in
            state.deliveries += deliveries
            state.latencies.add(latencies)
            return state.takeReachedGoal()
        }
        reached?.succeed()
    }

    func readerLost() {
        self.state.withLock { $0.lostReaders += 1 }
    }

    /// Forgets what was received so far and waits for that many deliveries from now on.
    func expect(_ deliveries: Int, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let reached = loop.makePromise(of: Void.self)
        self.state.withLock { state in
            state.deliveries = 0
            state.latencies = Latencies()
            state.goal = Goal(deliveries: deliveries, reached: reached)
        }
        return reached.futureResult
    }

    /// Ends the wait, if there is one, with an error that says what is missing.
    func giveUp() {
        let (goal, arrived) = self.state.withLock { state in
            defer { state.goal = nil }
            return (state.goal, state.deliveries)
        }
        goal?.reached.fail(LoadError.deliveriesMissing(arrived: arrived, expected: goal?.deliveries ?? 0))
    }

    func takeLatencies() -> Latencies {
        self.state.withLock { state in
            defer { state.latencies = Latencies() }
            return state.latencies
        }
    }
}
