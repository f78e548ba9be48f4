import RelayCore
import Testing

/// A loop with its readers, turned by hand on one thread.
final class TurningLoop {
    let inbox = TestLoop()
    let readers: LoopReaders

    init(_ relay: TestRelay) {
        let inbox = self.inbox
        let broker = relay.broker
        self.readers = LoopReaders(loop: inbox, clock: relay.clock.relayClock) { request, ticket in
            broker.read(request) { inbox.readDone(ticket, $0) }
        }
    }

    /// Handles what the loop was told so far.
    ///
    /// - Returns: whether there was anything.
    @discardableResult
    func turn() -> Bool {
        let news = self.inbox.takeNews()
        for (ticket, result) in news.reads { self.readers.readFinished(ticket, result) }
        if !news.topics.isEmpty { self.readers.process(news.topics) }
        if news.comesBack { self.readers.goOn() }
        return !news.isEmpty
    }

    /// The time is over that the loop was asked to gather for.
    func handOut() {
        if self.inbox.takeGathering() != nil { self.readers.handOut() }
    }

    /// Turns until nothing is left to handle.
    func settle(maxTurns: Int = 10_000) throws {
        var turns = 0
        while self.turn() {
            turns += 1
            try #require(turns < maxTurns, "the loop does not come to rest")
        }
    }

    /// Joins and starts.
    @discardableResult
    func read(
        _ topic: Topic,
        from start: ReaderStart = .tail,
        tag: Int = 0,
        into sink: TestSink,
        as peer: String? = nil
    ) throws -> Reader {
        let reader = try self.join(topic, from: start, tag: tag, into: sink, as: peer)
        self.readers.start(reader)
        return reader
    }

    func join(
        _ topic: Topic,
        from start: ReaderStart = .tail,
        tag: Int = 0,
        into sink: TestSink,
        as peer: String? = nil
    ) throws -> Reader {
        switch self.readers.join(topic, start: start, tag: tag, sink: sink, as: peer) {
        case .joined(let reader): return reader
        case .denied, .moved: throw NotJoined()
        }
    }

    struct NotJoined: Error {}
}
