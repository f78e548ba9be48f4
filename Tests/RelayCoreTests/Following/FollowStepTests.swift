import NIOCore
import RelayWire
import Testing

@testable import RelayCore

@Suite("The steps of a topic that others write too")
struct FollowStepTests {
    private static let epoch = StreamEpoch(id: 1, start: .zero)
    private static let other = StreamEpoch(id: 2, start: .ms(5))

    private static let stored = StoredTopic(
        record: .olgas("news", at: ManualClock().now),
        grants: [],
        bounds: StreamBounds()
    )

    private let environment: TopicEnvironment

    init() {
        let clock = ManualClock()
        self.environment = TopicEnvironment(
            store: TestStore(clock: clock),
            durability: .stored,
            leastDurability: .stored,
            isShared: true,
            limits: BrokerLimitsInForce(BrokerLimits()),
            memory: MemoryLedger(),
            unstored: UnstoredMessages(limit: 1 << 30),
            clock: clock.relayClock,
            unsure: UnsureTopics(),
            readerNews: ReaderNews(),
            presence: PeerPresence()
        )
    }

    private static func bounds(_ last: UInt64, _ epoch: StreamEpoch = epoch, trimmed: UInt64 = 0) -> StreamBounds {
        StreamBounds(epoch: epoch, last: .ms(last), trimmedThrough: .ms(trimmed), count: Int(last - min(last, trimmed)))
    }

    private static func growth(_ ids: ClosedRange<UInt64>, _ epoch: StreamEpoch = epoch, bytes: Int = 0) -> StreamGrowth
    {
        StreamGrowth(
            previous: .ms(ids.lowerBound - 1),
            messages: ids.map { .at($0, bytes: bytes) },
            bounds: Self.bounds(ids.upperBound, epoch)
        )
    }

    private static func missed(_ after: UInt64, _ through: UInt64, _ epoch: StreamEpoch = epoch) -> MissedStretch {
        MissedStretch(epoch: epoch.id, after: .ms(after), through: .ms(through))
    }

    private static func page(_ ids: ClosedRange<UInt64>, of bounds: StreamBounds, hasMore: Bool = false)
        -> Result<StoredPage, StoreError>
    {
        .success(StoredPage(messages: ids.map { .at($0) }, hasMore: hasMore, bounds: bounds))
    }

    /// A state that holds 1 to 5 of an epoch, and listens.
    private func live() -> TopicState {
        var state = TopicState(
            access: TopicAccess(Self.stored, PlainStream()),
            bounds: StreamBounds(),
            self.environment
        )
        state.following = .tuning(Backlog())
        _ = state.positioned(StreamBounds(), self.environment)
        _ = state.grew(Self.growth(1...5), self.environment)
        return state
    }

    /// What the hot tier and the bounds of the state say, in one look.
    private func expect(
        _ state: borrowing TopicState,
        holds ids: [UInt64],
        last: UInt64,
        epoch: StreamEpoch = epoch,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(state.hot.messages.map(\.id.milliseconds) == ids, sourceLocation: location)
        #expect(state.bounds.last == .ms(last), sourceLocation: location)
        #expect(state.bounds.epoch.id == epoch.id, sourceLocation: location)
        #expect(self.environment.memory.bytes(in: .hotTier) == state.hot.bytes, sourceLocation: location)
    }

    struct News: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let growth: StreamGrowth
        let step: TopicState.FollowStep
        var holds: [UInt64] = [1, 2, 3, 4, 5]
        var last: UInt64 = 5
    }

    @Test(
        "news on a stream that is followed",
        arguments: [
            News(
                testDescription: "continues",
                growth: growth(6...7),
                step: .rest,
                holds: [1, 2, 3, 4, 5, 6, 7],
                last: 7
            ),
            News(testDescription: "does not know of what is held", growth: growth(4...6), step: .check),
            News(testDescription: "is known", growth: growth(2...4), step: .rest),
            News(testDescription: "leaves a gap", growth: growth(8...9), step: .read(missed(5, 7))),
            News(testDescription: "is of another epoch", growth: growth(6...6, other), step: .check),
            News(
                testDescription: "leaves out messages that were too many to come along",
                growth: StreamGrowth(previous: .ms(5), messages: [], bounds: bounds(7)),
                step: .read(missed(5, 7))
            ),
            News(
                testDescription: "leaves out messages, and some before them are missing",
                growth: StreamGrowth(previous: .ms(6), messages: [], bounds: bounds(9, trimmed: 5)),
                step: .read(missed(5, 9))
            ),
            News(
                testDescription: "leaves out messages that are known",
                growth: StreamGrowth(previous: .ms(4), messages: [], bounds: bounds(5)),
                step: .rest
            ),
            News(
                testDescription: "is a trimming",
                growth: StreamGrowth(upTo: bounds(5, trimmed: 3)),
                step: .rest,
                holds: [4, 5]
            ),
            News(
                testDescription: "is a trimming of more than is known",
                growth: StreamGrowth(upTo: bounds(9, trimmed: 3)),
                step: .read(missed(5, 9))
            ),
        ]
    )
    func news(_ news: News) {
        var state = self.live()
        #expect(state.grew(news.growth, self.environment) == news.step)
        self.expect(state, holds: news.holds, last: news.last)
    }

    @Test("what is stored in a topic that is not known to exist waits until that is known, however it is heard of")
    func unknown() {
        var state = TopicState(access: .missing, bounds: StreamBounds(), self.environment)
        state.following = .tuning(Backlog())
        #expect(state.grew(Self.growth(1...1), self.environment) == .rest)
        #expect(state.positioned(StreamBounds(), self.environment) == .check)
        #expect(state.grew(Self.growth(1...2), self.environment) == .check)
        #expect(state.hot.messages.isEmpty)
        #expect(state.grew(StreamGrowth(upTo: Self.bounds(2, trimmed: 1)), self.environment) == .check)
        #expect(
            state.grew(StreamGrowth(previous: .zero, messages: [], bounds: Self.bounds(2)), self.environment) == .check
        )
        self.expect(state, holds: [], last: 0, epoch: .none)
        state.access = TopicAccess(Self.stored, PlainStream())
        #expect(state.grew(Self.growth(1...2), self.environment) == .rest)
        self.expect(state, holds: [1, 2], last: 2)
    }

    @Test("what a topic's position has is nobody's where the topic is looked for after it and is not there")
    func nobodys() {
        var state = self.live()
        state.access = .missing
        #expect(state.positioned(Self.bounds(8, trimmed: 1), self.environment) == .rest)
        self.expect(state, holds: [], last: 8)
        #expect(state.bounds.trimmedThrough == .ms(8))
        #expect(state.positioned(Self.bounds(9, Self.other), self.environment) == .rest)
        self.expect(state, holds: [], last: 9, epoch: Self.other)
        #expect(state.bounds.trimmedThrough == .ms(9))
        state.access = TopicAccess(Self.stored, PlainStream())
        #expect(state.grew(Self.growth(10...11, Self.other), self.environment) == .rest)
        self.expect(state, holds: [10, 11], last: 11, epoch: Self.other)
    }

    @Test("a page that comes once the topic is gone is not taken")
    func goneDuringRepair() {
        var state = self.live()
        _ = state.grew(Self.growth(8...8), self.environment)
        state.access = .missing
        let page = Self.page(6...7, of: Self.bounds(8))
        #expect(state.repaired(page, missed: Self.missed(5, 7), self.environment) == .check)
        self.expect(state, holds: [1, 2, 3, 4, 5], last: 5)
    }

    @Test("who does not listen takes no news, and only the position")
    func deaf() {
        var state = TopicState(
            access: TopicAccess(Self.stored, PlainStream()),
            bounds: StreamBounds(),
            self.environment
        )
        #expect(state.grew(Self.growth(1...5), self.environment) == .rest)
        self.expect(state, holds: [], last: 0, epoch: .none)
        #expect(state.positioned(Self.bounds(5), self.environment) == .rest)
        self.expect(state, holds: [], last: 5)
        #expect(state.hot.floor == .max)
    }

    @Test("news that comes before the position is taken after it, where it is new")
    func tuning() {
        var state = TopicState(
            access: TopicAccess(Self.stored, PlainStream()),
            bounds: StreamBounds(),
            self.environment
        )
        state.following = .tuning(Backlog())
        for ids in [3...3, 4...4, 5...6] as [ClosedRange<UInt64>] {
            #expect(state.grew(Self.growth(ids), self.environment) == .rest)
        }
        #expect(state.positioned(Self.bounds(4), self.environment) == .rest)
        self.expect(state, holds: [5, 6], last: 6)
        #expect(state.hot.floor == .ms(4))
    }

    @Test("news behind a missed stretch waits for the page, and comes after it")
    func repairs() {
        var state = self.live()
        #expect(state.grew(Self.growth(8...8), self.environment) == .read(Self.missed(5, 7)))
        #expect(state.grew(Self.growth(9...9), self.environment) == .rest)
        self.expect(state, holds: [1, 2, 3, 4, 5], last: 5)
        #expect(
            state.repaired(Self.page(6...7, of: Self.bounds(9)), missed: Self.missed(5, 7), self.environment) == .rest
        )
        self.expect(state, holds: Array(1...9), last: 9)
    }

    @Test("news that leaves out its messages is read, each after the other, and what follows comes after it")
    func leftOut() {
        var state = self.live()
        let leavesOut = { StreamGrowth(previous: .ms($0), messages: [], bounds: Self.bounds($1)) }
        #expect(state.grew(leavesOut(5, 8), self.environment) == .read(Self.missed(5, 8)))
        #expect(state.grew(Self.growth(9...9), self.environment) == .rest)
        #expect(state.grew(leavesOut(9, 11), self.environment) == .rest)
        #expect(state.grew(Self.growth(12...12), self.environment) == .rest)
        self.expect(state, holds: [1, 2, 3, 4, 5], last: 5)
        #expect(
            state.repaired(Self.page(6...8, of: Self.bounds(12)), missed: Self.missed(5, 8), self.environment)
                == .read(Self.missed(9, 11))
        )
        self.expect(state, holds: Array(1...9), last: 9)
        #expect(
            state.repaired(Self.page(10...11, of: Self.bounds(12)), missed: Self.missed(9, 11), self.environment)
                == .rest
        )
        self.expect(state, holds: Array(1...12), last: 12)
    }

    @Test("a second missed stretch behind the first is read next")
    func repairsTwice() {
        var state = self.live()
        _ = state.grew(Self.growth(8...8), self.environment)
        _ = state.grew(Self.growth(11...11), self.environment)
        let next = state.repaired(Self.page(6...7, of: Self.bounds(11)), missed: Self.missed(5, 7), self.environment)
        #expect(next == .read(Self.missed(8, 10)))
        #expect(
            state.repaired(Self.page(9...10, of: Self.bounds(11)), missed: Self.missed(8, 10), self.environment)
                == .rest
        )
        self.expect(state, holds: Array(1...11), last: 11)
    }

    @Test("a page that failed, or is of another epoch, is followed by a check, and nothing is taken")
    func failedRepair() {
        let failed = Result<StoredPage, StoreError>.failure(StoreError(.unavailable, "away"))
        for page in [failed, Self.page(6...7, of: Self.bounds(7, Self.other))] {
            var state = self.live()
            _ = state.grew(Self.growth(8...8), self.environment)
            #expect(state.repaired(page, missed: Self.missed(5, 7), self.environment) == .check)
            self.expect(state, holds: [1, 2, 3, 4, 5], last: 5)
            #expect(state.positioned(Self.bounds(8), self.environment) == .read(Self.missed(5, 8)))
            state.deafen(self.environment)
        }
    }

    @Test("who has missed too much for one page begins anew behind it: readers find the rest in the store")
    func tooFarBehind() {
        var state = self.live()
        _ = state.grew(Self.growth(101...102), self.environment)
        let page = Self.page(6...50, of: Self.bounds(102), hasMore: true)
        #expect(state.repaired(page, missed: Self.missed(5, 100), self.environment) == .rest)
        self.expect(state, holds: [101, 102], last: 102)
        #expect(state.hot.floor == .ms(100))
    }

    @Test("a page of which retention has passed the end is gone, and what follows is taken from where retention stands")
    func trimmedMeanwhile() {
        var state = self.live()
        _ = state.grew(Self.growth(11...12), self.environment)
        _ = state.grew(Self.growth(13...30), self.environment)
        let page = Result<StoredPage, StoreError>.success(
            StoredPage(messages: [], hasMore: false, bounds: Self.bounds(30, trimmed: 20))
        )
        #expect(state.repaired(page, missed: Self.missed(5, 10), self.environment) == .rest)
        self.expect(state, holds: Array(21...30), last: 30)
    }

    @Test("a snapshot stands for a stretch that was missed, also from behind it, and what follows comes after it")
    func snapshotOfAStretch() {
        for (snapshot, last) in [(8, 10), (12, 12)] as [(UInt64, UInt64)] {
            var state = self.live()
            _ = state.grew(Self.growth(11...11), self.environment)
            let page = Self.page(snapshot...last, of: Self.bounds(14))
            let step = state.repaired(page, missed: Self.missed(5, 10), self.environment)
            self.expect(state, holds: Array(1...5) + Array(snapshot...max(last, 11)), last: max(last, 11))
            #expect(step == .rest)
            #expect(state.grew(Self.growth(12...12), self.environment) == .rest)
            #expect(state.grew(Self.growth(13...14), self.environment) == .rest)
            self.expect(state, holds: Array(1...5) + Array(snapshot...14), last: 14)
            state.deafen(self.environment)
        }
    }

    @Test("the first messages of a stream that had none are repaired like any")
    func firstMessagesMissed() {
        var state = TopicState(
            access: TopicAccess(Self.stored, PlainStream()),
            bounds: StreamBounds(),
            self.environment
        )
        state.following = .tuning(Backlog())
        _ = state.positioned(StreamBounds(), self.environment)
        let missed = Self.missed(0, 1, .none)
        #expect(state.grew(Self.growth(2...2), self.environment) == .read(missed))
        #expect(state.repaired(Self.page(1...1, of: Self.bounds(2)), missed: missed, self.environment) == .rest)
        self.expect(state, holds: [1, 2], last: 2)
    }

    @Test("a position that comes while a missed stretch is read is not forgotten")
    func positionDuringRepair() {
        var state = self.live()
        _ = state.grew(Self.growth(8...8), self.environment)
        #expect(state.positioned(Self.bounds(9), self.environment) == .rest)
        let step = state.repaired(Self.page(6...7, of: Self.bounds(9)), missed: Self.missed(5, 7), self.environment)
        #expect(step == .read(Self.missed(8, 9)))
    }

    @Test("a position of another epoch ends a repair at once, and the late page changes nothing")
    func epochDuringRepair() {
        var state = self.live()
        _ = state.grew(Self.growth(8...8), self.environment)
        #expect(state.positioned(Self.bounds(6, Self.other), self.environment) == .check)
        self.expect(state, holds: [], last: 6, epoch: Self.other)
        #expect(
            state.repaired(Self.page(6...7, of: Self.bounds(8)), missed: Self.missed(5, 7), self.environment) == .rest
        )
        self.expect(state, holds: [], last: 6, epoch: Self.other)
    }

    struct Position: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bounds: StreamBounds
        let step: TopicState.FollowStep
        var holds: [UInt64] = [1, 2, 3, 4, 5]
        var last: UInt64 = 5
        var epoch = FollowStepTests.epoch
    }

    @Test(
        "the position of a stream that is followed",
        arguments: [
            Position(testDescription: "is known", bounds: bounds(5), step: .rest),
            Position(testDescription: "is older than the news", bounds: bounds(3), step: .rest),
            Position(testDescription: "is further on", bounds: bounds(9), step: .read(missed(5, 9))),
            Position(testDescription: "is from before the first message", bounds: StreamBounds(), step: .rest),
            Position(testDescription: "tells of a trimming", bounds: bounds(5, trimmed: 4), step: .rest, holds: [5]),
            Position(
                testDescription: "is another epoch's",
                bounds: bounds(4, other),
                step: .rest,
                holds: [],
                last: 4,
                epoch: other
            ),
        ]
    )
    func position(_ position: Position) {
        var state = self.live()
        #expect(state.positioned(position.bounds, self.environment) == position.step)
        self.expect(state, holds: position.holds, last: position.last, epoch: position.epoch)
    }

    @Test("too much news behind a missed stretch is let go, and the position asked for")
    func backlogTooBig() {
        var state = self.live()
        for id in 7...12 as ClosedRange<UInt64> {
            _ = state.grew(Self.growth(id...id, bytes: 1 << 20), self.environment)
        }
        #expect(
            state.repaired(Self.page(6...6, of: Self.bounds(12)), missed: Self.missed(5, 6), self.environment) == .check
        )
        self.expect(state, holds: [1, 2, 3, 4, 5, 6], last: 6)
        #expect(state.positioned(Self.bounds(12), self.environment) == .read(Self.missed(6, 12)))
    }

    @Test("who stops listening keeps nothing in memory")
    func deafens() {
        var state = self.live()
        state.deafen(self.environment)
        self.expect(state, holds: [], last: 5)
        #expect(state.hot.floor == .max)
    }
}
