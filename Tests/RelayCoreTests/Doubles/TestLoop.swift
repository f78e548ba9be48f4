import RelayCore
import Synchronization

/// An event loop's inbox: what it was told, until the test lets the loop turn.
final class TestLoop: ReadingLoop {
    struct News {
        var topics: [Topic] = []
        var reads: [(LoopReaders.ReadTicket, Result<StoredPage, StoreError>)] = []

        var isEmpty: Bool { self.topics.isEmpty && self.reads.isEmpty }
    }

    private let inbox = Mutex(News())

    /// Hints that wait for the loop's next turn.
    var hints: Int { self.inbox.withLock { $0.topics.count } }

    func topicChanged(_ topic: Topic) {
        self.inbox.withLock { $0.topics.append(topic) }
    }

    func readDone(_ ticket: LoopReaders.ReadTicket, _ result: Result<StoredPage, StoreError>) {
        self.inbox.withLock { $0.reads.append((ticket, result)) }
    }

    func takeNews() -> News {
        self.inbox.withLock { news in
            defer { news = News() }
            return news
        }
    }
}
