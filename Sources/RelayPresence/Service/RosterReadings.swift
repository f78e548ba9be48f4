import RelayCore
import RelayWire
import Synchronization

/// Readings of whole rosters, shared by those who ask for the same at about the same time: of each topic one is under way, and of all topics a
/// few. Who asks while one is under way is told what the next one finds, so that nothing is missing that was answered before.
final class RosterReadings: Sendable {
    typealias Outcome = Result<PresenceRoster, BrokerError>

    private enum Turn {
        /// Read for all these.
        case read([Waiter])
        case told(Outcome)
    }

    private typealias Waiter = CheckedContinuation<Turn, Never>

    /// Another topic of the same name is read for itself.
    struct Subject: Hashable, Sendable {
        let part: TopicKey
        let topic: String
    }

    private struct State {
        /// Those who wait for the next reading of what is being read now.
        var waiting: [Subject: [Waiter]] = [:]
        var underWay = 0
        /// Those whose readings wait for others to end.
        var queue: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: readings under way.
    init(limit: Int = 8) {
        self.limit = limit
    }

    /// How many wait for the next reading.
    func waiting(at subject: Subject) -> Int { self.state.withLock { $0.waiting[subject]?.count ?? 0 } }

    func read(_ subject: Subject, by read: () async -> Outcome) async -> Outcome {
        switch await self.turn(at: subject) {
        case .told(let outcome): return outcome
        case .read(let others):
            await self.enter()
            let outcome = await read()
            self.leave(subject)
            for other in others { other.resume(returning: .told(outcome)) }
            return outcome
        }
    }

    private func turn(at subject: Subject) async -> Turn {
        await withCheckedContinuation { waiter in
            let isFirst = self.state.withLock { state in
                if state.waiting[subject] == nil {
                    state.waiting[subject] = []
                    return true
                }
                state.waiting[subject]?.append(waiter)
                return false
            }
            if isFirst { waiter.resume(returning: .read([])) }
        }
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let mayGoOn = self.state.withLock { state in
                guard state.underWay >= self.limit else {
                    state.underWay += 1
                    return true
                }
                state.queue.append(continuation)
                return false
            }
            if mayGoOn { continuation.resume() }
        }
    }

    /// One who waits reads next, for all who wait by now.
    private func leave(_ subject: Subject) {
        let (waiting, next) = self.state.withLock { state in
            let waiting = state.waiting[subject] ?? []
            state.waiting[subject] = waiting.isEmpty ? nil : []
            // The place of this reading is the next one's.
            let next = state.queue.isEmpty ? nil : state.queue.removeFirst()
            if next == nil { state.underWay -= 1 }
            return (waiting, next)
        }
        next?.resume()
        waiting.first?.resume(returning: .read(Array(waiting.dropFirst())))
    }
}
