import Foundation

extension ProofReport {
    /// For people; the verdict is the last line.
    public var text: String {
        var blocks = [[self.heading], self.topicTable, self.latencyTable, self.trafficLines]
        if !self.faultLines.isEmpty { blocks.append(self.faultLines) }
        if !self.leftTopics.isEmpty { blocks.append(["not deleted: \(self.leftTopics.joined(separator: ", "))"]) }
        blocks.append([self.verdictLine])
        return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var heading: String {
        "run \(self.plan.runID): nodes \(self.nodeCount), publishers \(self.plan.publisherCount), "
            + "readers \(self.plan.readers.count), peers \(self.plan.peerCount), "
            + "members \(self.plan.memberCount), seed \(self.plan.seed)"
    }

    private var topicTable: [String] {
        var table = TextTable([
            "topic", "published", "acknowledged", "unknown", "refused", "stored", "delivered", "recovered", "as gap",
            "repeated", "out of order", "lost", "other faults",
        ])
        for (topic, tally) in zip(self.topics, self.tallies) { table.append(Self.row(topic, tally)) }
        if self.topics.count > 1 { table.append(Self.row("all", self.total)) }
        return table.lines
    }

    private static func row(_ name: String, _ tally: TopicTally) -> [String] {
        let named: Set<Fault> = [.repeated, .outOfOrder, .lost]
        let others = tally.faults.filter { !named.contains($0.key) }.values.reduce(0, +)
        let counts = [
            tally.published, tally.acknowledged, tally.unknown, tally.refused, tally.stored, tally.delivered,
            tally.recovered, tally.toldAsGap, tally.count(.repeated), tally.count(.outOfOrder), tally.count(.lost),
            others,
        ]
        return [name] + counts.map(String.init)
    }

    private var latencyTable: [String] {
        var table = TextTable(["publish to delivery, ms", "count", "p50", "p95", "p99", "max"])
        table.append(Self.row("live", self.total.live))
        table.append(Self.row("recovered", self.total.resumed))
        return table.lines
    }

    private static func row(_ name: String, _ histogram: LatencyHistogram) -> [String] {
        let points = [50.0, 95, 99].map { histogram.percentile($0).map(self.milliseconds) ?? "-" }
        return [name, String(histogram.count)] + points
            + [histogram.count > 0 ? self.milliseconds(histogram.max) : "-"]
    }

    private static func milliseconds(_ microseconds: Int64) -> String {
        String(format: "%.1f", Double(microseconds) / 1000)
    }

    private var trafficLines: [String] {
        let statuses = self.traffic.statuses.sorted { $0.key < $1.key }.map { "\($0.key) x \($0.value)" }
        let seconds = String(format: "%.2f", Double(self.longestWithoutAcknowledgement) / 1e9)
        let peers = self.peers.map { peers in
            "peers: joined \(peers.joins), left \(peers.leaves), vanished \(peers.losses) (\(peers.lossesByBreak) with a broken "
                + "connection); signaling sockets: \(peers.signalingSockets)"
        }
        let members = self.members.map { members in
            "members: joined \(members.joins), updated \(members.updates), left \(members.leaves), broke off \(members.breaks); "
                + "told \(members.reports) times, \(members.syncs) of them of all"
        }
        return [peers, members].compactMap(\.self) + [
            "answers: \(statuses.joined(separator: ", ")); connection errors: \(self.traffic.connectionErrors); "
                + "resumes: \(self.traffic.resumes); refused frames: \(self.traffic.refusedFrames)",
            "longest time without an acknowledgement: \(seconds) s",
        ]
    }

    private var faultLines: [String] {
        let kinds = Fault.allCases.filter { self.total.count($0) > 0 }.map { "\($0.title): \(self.total.count($0))" }
        guard !kinds.isEmpty else { return [] }
        return ["faults: \(kinds.joined(separator: ", "))"] + self.samples.map { "  \($0)" }
    }

    private var verdictLine: String {
        let promise =
            "every acknowledged message reaches every reader it is for, and no other, exactly once, in one order, "
            + "or is told as a gap, and is stored once; every peer that joins, leaves or vanishes is told of once; "
            + "every member of a topic is shown to the others as it is, until it goes"
        let numbers = "\(self.total.acknowledged) acknowledged, \(self.plan.readers.count) readers"
        return switch self.verdict {
        case .held: "HELD: \(promise) (\(numbers))"
        case .broken: "BROKEN: \(promise) (\(numbers)): see the faults above"
        case .notJudged(let reason): "NOT JUDGED: \(promise) (\(numbers)): \(reason)"
        }
    }
}
