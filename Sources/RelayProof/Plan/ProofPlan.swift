import RelayClient
import RelayWire

/// What a proof does: all that is decided before it begins.
public struct ProofPlan: Sendable, Hashable {
    /// How long messages are published.
    public var duration: Duration = .seconds(30)
    /// How long readers may take after the last publish to see everything.
    public var settle: Duration = .seconds(30)
    /// 1 to 50: what one subscription takes.
    public var topicCount = 4
    /// 1 to 1000.
    public var publisherCount = 4
    /// Messages a second of all publishers together, above 0. They stay below it where the relay is slower.
    public var rate = 200.0
    /// At least one.
    public var readers: [ReaderKind] = []
    /// Peers of a session of its own, 0 to 50: 0 is no session, and 1 makes none either, having nobody to speak to.
    public var peerCount = 0
    /// Members of the first topic, who watch each other, 0 to 1000: 0 is none.
    public var memberCount = 0
    /// How long the relay takes at most to tell that a peer or a member has left without a word: `session_lease_seconds` and
    /// `session_reconnect_seconds` together, and `presence_lease_seconds` if that is more. Peers vanish only where that fits into the run.
    public var lostAfter: Duration = .seconds(75)
    /// Mean of the random time for which a reader keeps a connection.
    public var resumeEvery: Duration = .seconds(2)
    /// Characters of filler in each payload, 0 to 500,000. Every 500th message has at least 300,000.
    public var payloadSize = 200
    /// Of all that publishers and readers draw: what they do is the same for the same seed, though not when.
    public var seed: UInt64 = 0
    /// What topics' names begin with.
    public var topicPrefix = "prove-"
    /// Whether the topics stay when all is done.
    public var keepsTopics = false
    /// In each topic's name and each message, so that runs don't take each other's messages for their own.
    public var runID: String

    /// A request is given up after this long, its outcome unknown. The relay remembers an idempotency key for 600 s, so
    /// that repeating it later could rightly store it twice.
    public static let longestRetry: Duration = .seconds(300)

    public init(runID: String) {
        self.runID = runID
    }

    /// A relay that has much to do, or that can't reach its store for a moment, may tell of a loss so much later.
    static let lossAllowance: Duration = .seconds(15)

    /// 16 hex digits of chance.
    public static func makeRunID() -> String {
        var random = SystemRandomNumberGenerator()
        return String(hexadecimal: random.next() as UInt64)
    }

    /// How often a message is large, and how large: beyond what relays that share a store hand each other with the news of it.
    private static let large = (every: 500, payloadSize: 300_000)

    /// Characters of filler in the payload of the message of that number.
    func payloadSize(of number: Int) -> Int {
        number % Self.large.every == Self.large.every / 2
            ? max(self.payloadSize, Self.large.payloadSize) : self.payloadSize
    }

    /// The names of the topics that are published to.
    public var topics: [String] {
        (0..<self.topicCount).map { "\(self.topicPrefix)\(self.runID)-\($0)" }
    }

    /// Read by publishers on WebSockets, which have to subscribe to something; nothing is published to it.
    var quietTopic: String { "\(self.topicPrefix)\(self.runID)-quiet" }

    /// - Returns: what is wrong with it, if anything.
    public var problem: String? {
        if !(1...50).contains(self.topicCount) { return "there are 1 to 50 topics" }
        if !(1...1000).contains(self.publisherCount) { return "there are 1 to 1000 publishers" }
        if !(self.rate > 0 && self.rate <= 1_000_000) { return "the rate is above 0, and at most 1000000 a second" }
        if self.readers.isEmpty { return "there is at least one reader" }
        if !(0...50).contains(self.peerCount) { return "there are 0 to 50 peers" }
        if !(0...1000).contains(self.memberCount) { return "there are 0 to 1000 members" }
        if !(0...500_000).contains(self.payloadSize) { return "a payload has 0 to 500000 characters of filler" }
        return nil
    }

    /// The numbers that one publisher or reader draws; `role` is 0 for publishers, 1 for readers, 2 for peers, 3 for members.
    func random(role: UInt64, index: Int) -> ProofRandom {
        var mixer = ProofRandom(seed: self.seed &+ role &* 1_000_003)
        return ProofRandom(seed: mixer.next() &+ UInt64(index))
    }
}
