import DequeModule
import Synchronization

/// Lets a few at a time do what takes long, in the order in which they came: the others wait without a thread.
///
/// A list reads and encodes hundreds of entries. With many at once the threads that run tasks would have nothing else to do, and a question
/// for the relay's health would wait behind all of them.
final class Turns: Sendable {
    private struct State {
        var running = 0
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let atOnce: Int
    private let state = Mutex(State())

    /// - Parameter atOnce: at least 1.
    init(atOnce: Int) {
        self.atOnce = atOnce
    }

    /// Of as many threads as there are processors, how many may be at lists: half of them.
    static func ofLists(processors: Int) -> Turns { Turns(atOnce: max(1, processors / 2)) }

    /// Runs `body` when it is its turn.
    func run<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        await self.begin()
        defer { self.end() }
        return try await body()
    }

    private func begin() async {
        await withCheckedContinuation { (turn: CheckedContinuation<Void, Never>) in
            let isFree = self.state.withLock { state in
                guard state.running >= self.atOnce else {
                    state.running += 1
                    return true
                }
                state.waiting.append(turn)
                return false
            }
            if isFree { turn.resume() }
        }
    }

    private func end() {
        let next = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            // The next one takes over the place.
            if let next = state.waiting.popFirst() { return next }
            state.running -= 1
            return nil
        }
        next?.resume()
    }
}
