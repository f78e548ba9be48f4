import RelayCore
import Synchronization

/// What the model's tasks bring back to its thread.
final class SharedBox: Sendable {
    private let topics = Mutex<[(connection: Int, topic: Topic?)]>([])
    private let unchecked = Mutex<[Broker]>([])

    func add(_ connection: Int, _ result: Result<[Topic], BrokerError>) {
        self.topics.withLock { $0.append((connection, (try? result.get())?.first)) }
    }

    func take(where isWanted: (Int) -> Bool) -> [(connection: Int, topic: Topic?)] {
        self.topics.withLock { topics in
            let taken = topics.filter { isWanted($0.connection) }
            topics.removeAll { isWanted($0.connection) }
            return taken
        }
    }

    func checkAgain(_ broker: Broker) { self.unchecked.withLock { $0.append(broker) } }

    func takeUnchecked() -> [Broker] {
        self.unchecked.withLock { unchecked in
            defer { unchecked = [] }
            return unchecked
        }
    }
}
