public import RelayClient

extension ProofReport {
    /// For programs. Latencies are in microseconds, spans in nanoseconds.
    public var json: JSONDocument {
        var object = JSONObject([
            ("run", .string(self.plan.runID)),
            ("verdict", .string(self.verdict.name)),
        ])
        if case .notJudged(let reason) = self.verdict { object.append("reason", .string(reason)) }
        object.append("seed", .number(JSONNumber(self.plan.seed)))
        object.append("nodes", Self.number(self.nodeCount))
        object.append("publishers", Self.number(self.plan.publisherCount))
        object.append("readers", .array(self.plan.readers.map { .string($0.rawValue) }))
        object.append("total", Self.json(self.total))
        object.append(
            "topics",
            .object(JSONObject(zip(self.topics, self.tallies).map { ($0, Self.json($1)) }))
        )
        object.append("traffic", self.trafficJSON)
        if let peers = self.peers { object.append("peers", Self.json(peers)) }
        if let members = self.members { object.append("members", Self.json(members)) }
        object.append("samples", .array(self.samples.map(JSONDocument.string)))
        object.append("left_topics", .array(self.leftTopics.map(JSONDocument.string)))
        return .object(object)
    }

    private var trafficJSON: JSONDocument {
        let statuses = self.traffic.statuses.sorted { $0.key < $1.key }.map { (String($0.key), Self.number($0.value)) }
        return [
            "statuses": .object(JSONObject(statuses)),
            "connection_errors": Self.number(self.traffic.connectionErrors),
            "resumes": Self.number(self.traffic.resumes),
            "refused_frames": Self.number(self.traffic.refusedFrames),
            "longest_without_acknowledgement": .number(JSONNumber(self.longestWithoutAcknowledgement)),
        ]
    }

    private static func json(_ peers: PeerCounts) -> JSONDocument {
        [
            "joins": self.number(peers.joins),
            "leaves": self.number(peers.leaves),
            "losses": self.number(peers.losses),
            "losses_by_break": self.number(peers.lossesByBreak),
            "signaling_sockets": self.number(peers.signalingSockets),
        ]
    }

    private static func json(_ members: MemberCounts) -> JSONDocument {
        [
            "joins": self.number(members.joins),
            "updates": self.number(members.updates),
            "leaves": self.number(members.leaves),
            "breaks": self.number(members.breaks),
            "reports": self.number(members.reports),
            "syncs": self.number(members.syncs),
        ]
    }

    private static func json(_ tally: TopicTally) -> JSONDocument {
        [
            "published": self.number(tally.published),
            "acknowledged": self.number(tally.acknowledged),
            "unknown": self.number(tally.unknown),
            "refused": self.number(tally.refused),
            "stored": self.number(tally.stored),
            "expired": self.number(tally.expired),
            "delivered": self.number(tally.delivered),
            "recovered": self.number(tally.recovered),
            "gaps": self.number(tally.gaps),
            "told_as_gap": self.number(tally.toldAsGap),
            "unseen": self.number(tally.unseen),
            "faults": .object(
                JSONObject(Fault.allCases.map { ($0.rawValue, self.number(tally.count($0))) })
            ),
            "latency_live": self.json(tally.live),
            "latency_recovered": self.json(tally.resumed),
        ]
    }

    private static func json(_ histogram: LatencyHistogram) -> JSONDocument {
        func point(_ percent: Double) -> JSONDocument {
            histogram.percentile(percent).map { .number(JSONNumber($0)) } ?? .null
        }
        return [
            "count": self.number(histogram.count),
            "p50": point(50),
            "p95": point(95),
            "p99": point(99),
            "max": .number(JSONNumber(histogram.max)),
        ]
    }

    private static func number(_ value: Int) -> JSONDocument {
        .number(JSONNumber(value))
    }
}
