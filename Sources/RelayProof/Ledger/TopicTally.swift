/// What is counted of one topic. Deliveries are counted once for each reader.
public struct TopicTally: Sendable, Hashable {
    /// Messages of which a publish began.
    public internal(set) var published = 0
    /// Of those, the ones that the relay said it had stored.
    public internal(set) var acknowledged = 0
    /// Of those published, the ones that the relay certainly did not store.
    public internal(set) var refused = 0
    /// Each message once for each reader, whether or not its acknowledgement arrived.
    public internal(set) var delivered = 0
    /// Of those, the ones whose reader was not connected from before the publish until the delivery.
    public internal(set) var recovered = 0
    /// Owed to a reader that was told of a gap instead.
    public internal(set) var toldAsGap = 0
    /// Notices of a gap.
    public internal(set) var gaps = 0
    /// Owed at the end to a reader that could not connect any more.
    public internal(set) var unseen = 0
    /// In the history, at the end.
    public internal(set) var stored = 0
    /// Older than the oldest message kept, at the end.
    public internal(set) var expired = 0
    /// Whether its history was read to the end. Means nothing of a sum.
    public internal(set) var isHistoryRead = false
    /// How often each promise was broken; those that were kept may be left out.
    public internal(set) var faults: [Fault: Int] = [:]
    /// Of deliveries to readers that were connected all the time.
    public internal(set) var live = LatencyHistogram()
    /// Of the others.
    public internal(set) var resumed = LatencyHistogram()

    init() {}

    /// Neither acknowledged nor refused: stored or not, nobody knows.
    public var unknown: Int { self.published - self.acknowledged - self.refused }

    /// How often that promise was broken.
    public func count(_ fault: Fault) -> Int { self.faults[fault, default: 0] }

    /// Makes it the sum of both.
    public mutating func add(_ other: TopicTally) {
        self.published += other.published
        self.acknowledged += other.acknowledged
        self.refused += other.refused
        self.delivered += other.delivered
        self.recovered += other.recovered
        self.toldAsGap += other.toldAsGap
        self.gaps += other.gaps
        self.unseen += other.unseen
        self.stored += other.stored
        self.expired += other.expired
        self.faults.merge(other.faults, uniquingKeysWith: +)
        self.live.add(other.live)
        self.resumed.add(other.resumed)
    }
}
