import RelayCore
import RelayStorage
import RelayWire
import ValkeyFixture

/// One store's feed, as a relay follows it.
struct Follower: Sendable {
    let feed: any StreamFeed
    private let log = EventLog<StreamNews>()

    init(_ store: ValkeyStore) {
        self.feed = store.feed
        self.feed.start(self.log.add)
    }

    /// News until `count` messages have come.
    func growths(messages count: Int) async -> [StreamGrowth] {
        var growths: [StreamGrowth] = []
        while growths.reduce(0, { $0 + $1.messages.count }) < count {
            guard let growth = await self.growth() else { return growths }
            growths.append(growth)
        }
        return growths
    }

    /// The next news that is a growth.
    func growth() async -> StreamGrowth? {
        let taken = await self.log.first { if case .grew = $0 { true } else { false } }
        if case .grew(_, let growth) = taken.last { return growth }
        return nil
    }

    /// Takes news until some are missed.
    func missed() async -> [TopicKey] {
        let taken = await self.log.first { if case .missed = $0 { true } else { false } }
        if case .missed(let keys) = taken.last { return keys }
        return []
    }
}
