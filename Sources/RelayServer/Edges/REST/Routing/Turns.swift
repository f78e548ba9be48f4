import DequeModule
import RelayAccess
import Synchronization

/// Bounds lists: how many are under way, and how many of them are being written at the same time, in the order in which they came. The
/// others wait without a thread.
///
/// A list encodes hundreds of entries. With many at once the threads that run tasks would have nothing else to do, and a question for the
/// relay's health would wait behind all of them. No turn is held while a list waits for its store: a store that does not answer keeps each
/// list for its own time, and none behind the others. A document that is looked into as a whole takes its turn, too.
final class Turns: Sendable {
    private struct State {
        var underWay = 0
        var running = 0
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let atOnce: Int
    private let maxLists: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - atOnce: how many are written at the same time, at least 1.
    ///   - maxLists: how many are under way, at least 1. Each holds a page, and what it has read for it.
    init(atOnce: Int, maxLists: Int) {
        self.atOnce = atOnce
        self.maxLists = maxLists
    }

    /// Of as many threads as there are processors, how many may be at lists: half of them.
    static func ofLists(processors: Int, maxLists: Int) -> Turns {
        Turns(atOnce: max(1, processors / 2), maxLists: maxLists)
    }

    /// Makes a list. What is done by ``run(_:)`` in it waits for its turn, and nothing else does.
    ///
    /// - Throws: `overloaded`, where too many are under way; else what `body` throws.
    func list<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isAdmitted = self.state.withLock { state in
            guard state.underWay < self.maxLists else { return false }
            state.underWay += 1
            return true
        }
        guard isAdmitted else { throw AccessError(.overloaded) }
        defer { self.state.withLock { $0.underWay -= 1 } }
        return try await body()
    }

    /// Runs `body`, which does not suspend, when it is its turn.
    func run<Value>(_ body: () throws -> Value) async rethrows -> Value {
        await self.begin()
        defer { self.end() }
        return try body()
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
