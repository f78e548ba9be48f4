import NIOCore
import RelayCore
import Synchronization

/// An event loop's inbox: what it was told, until the test lets the loop turn.
final class TestLoop: ReadingLoop {
    struct News {
        var topics: [Topic] = []
        var reads: [(LoopReaders.ReadTicket, Result<StoredPage, StoreError>)] = []

        var comesBack = false

        var isEmpty: Bool { self.topics.isEmpty && self.reads.isEmpty && !self.comesBack }
    }

    private let inbox = Mutex(News())
    private let gathering = Mutex<TimeAmount?>(nil)

    /// After which time the loop is to hand out what topics gather; nil where it is not asked to.
    var gathersFor: TimeAmount? { self.gathering.withLock { $0 } }

    /// Hints that wait for the loop's next turn.
    var hints: Int { self.inbox.withLock { $0.topics.count } }

    /// Whether the loop is to come back.
    var comesBack: Bool { self.inbox.withLock { $0.comesBack } }

    func topicChanged(_ topic: Topic) {
        self.inbox.withLock { $0.topics.append(topic) }
    }

    func willFlush() {}

    func comeBack() {
        self.inbox.withLock { news in
            precondition(!news.comesBack, "asked to come back twice")
            news.comesBack = true
        }
    }

    func gather(for time: TimeAmount) {
        self.gathering.withLock { gathering in
            precondition(gathering.map { time < $0 } ?? true, "asked to gather twice")
            gathering = time
        }
    }

    func takeGathering() -> TimeAmount? { self.gathering.withLock { $0.take() } }

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
