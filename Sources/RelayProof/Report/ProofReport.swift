/// What a run found out.
public struct ProofReport: Sendable {
    /// What was to be done.
    public let plan: ProofPlan
    /// How many nodes of the relay took part.
    public let nodeCount: Int
    /// The names of the topics that were published to.
    public let topics: [String]
    /// In the order of `topics`.
    public let tallies: [TopicTally]
    /// Of all topics together, with what was wrong with who was shown as present.
    public let total: TopicTally
    /// What the requests of publishers and readers came to.
    public let traffic: TrafficCounts
    /// What the session's peers did; nil where there was no session.
    public let peers: PeerCounts?
    /// What the members of a topic did; nil where there were none.
    public let members: MemberCounts?
    /// Nanoseconds.
    public let longestWithoutAcknowledgement: Int64
    /// The first faults, in words.
    public let samples: [String]
    /// Topics that could not be deleted.
    public let leftTopics: [String]

    /// - Parameter ledger: closed.
    public init(plan: ProofPlan, nodeCount: Int, ledger: Ledger, traffic: TrafficCounts, leftTopics: [String]) {
        self.init(
            plan: plan,
            nodeCount: nodeCount,
            ledger: ledger,
            session: nil,
            presence: nil,
            traffic: traffic,
            leftTopics: leftTopics
        )
    }

    /// - Parameters:
    ///   - session: closed too; nil where there was none. Its topics come behind the others.
    ///   - presence: the same of a topic's members.
    init(
        plan: ProofPlan,
        nodeCount: Int,
        ledger: Ledger,
        session: SessionLedger?,
        presence: PresenceLedger?,
        traffic: TrafficCounts,
        leftTopics: [String]
    ) {
        self.plan = plan
        self.nodeCount = nodeCount
        self.topics = ledger.topics + (session?.messages.topics ?? [])
        self.tallies = ledger.tallies + (session?.messages.tallies ?? [])
        var total = TopicTally()
        for tally in self.tallies { total.add(tally) }
        total.faults.merge(presence?.faults ?? [:], uniquingKeysWith: +)
        self.total = total
        self.traffic = traffic
        self.peers = session?.counts
        self.members = presence?.counts
        self.longestWithoutAcknowledgement = ledger.acknowledgements.longest
        self.samples = ledger.samples + (session?.messages.samples ?? []) + (presence?.samples ?? [])
        self.leftTopics = leftTopics
    }

    /// A broken promise outweighs what could not be judged.
    public var verdict: Verdict {
        if self.total.faults.values.contains(where: { $0 > 0 }) { return .broken }
        if self.total.acknowledged == 0 { return .notJudged("nothing was acknowledged") }
        let unread = zip(self.topics, self.tallies).filter { !$1.isHistoryRead }.map(\.0)
        if !unread.isEmpty { return .notJudged("no history of \(unread.joined(separator: ", "))") }
        if self.members?.isJudged == false { return .notJudged("members of a topic could not all be there in the end") }
        if self.total.unseen > 0 { return .notJudged("readers could not connect any more to see the rest") }
        return .held
    }
}
