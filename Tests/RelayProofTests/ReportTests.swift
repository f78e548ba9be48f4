import RelayClient
import RelayProof
import Testing

@Suite("The report")
struct ReportTests {
    /// A run of one topic and one reader, to which one message was published and acknowledged.
    private static func report(delivers: Bool, reads: Bool, attaches: Bool = true, publishes: Bool = true)
        -> ProofReport
    {
        var plan = ProofPlan(runID: "r")
        plan.topicCount = 1
        plan.readers = [.sse]
        var ledger = Ledger(run: "r", topics: plan.topics, readerCount: 1)
        let topic = plan.topics[0]
        if attaches { ledger.readerAttached(0, at: 0) }
        if publishes {
            let number = ledger.publishBegan(publisher: 0, topic: 0, at: 0)
            let payload = Envelope(run: "r", publisher: 0, number: number, startedAt: 0, fillerSize: 1).payload
            let message = RelayMessage(topic: topic, messageID: "1-0", payload: payload, timestamp: "")
            ledger.publishAcknowledged(number, id: "1-0", at: 1)
            if delivers { ledger.delivered(message, to: 0, at: 5_000_000) }
            if reads { ledger.historyPage([message], of: topic, after: nil) }
        }
        if reads { ledger.historyEnded(of: topic, oldest: "1-0") }
        ledger.close(settlingBeganAt: 10)
        return ProofReport(plan: plan, nodeCount: 1, ledger: ledger, traffic: TrafficCounts(), leftTopics: [])
    }

    private static func lastLine(_ report: ProofReport) -> String {
        report.text.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test("Everything delivered and read back is held: 0")
    func held() {
        let report = Self.report(delivers: true, reads: true)
        #expect(report.verdict == .held)
        #expect(report.verdict.status == 0)
        #expect(Self.lastLine(report).hasPrefix("HELD: "))
        #expect(report.text.contains("live                         1  5.0"))
        #expect(report.json["verdict"] == "held")
        #expect(report.json["total"]?["latency_live"]?["max"] == 5000)
    }

    @Test("A fault is broken: 1, even where not all could be looked at")
    func broken() {
        let report = Self.report(delivers: false, reads: false)
        #expect(report.verdict == .broken)
        #expect(report.verdict.status == 1)
        #expect(Self.lastLine(report).hasPrefix("BROKEN: "))
        #expect(report.text.contains("lost: message 0, 1-0, at reader 0: not there at the end"))
        #expect(report.json["total"]?["faults"]?["lost"] == 1)
    }

    @Test(
        "What can't be looked at is not judged: 2",
        arguments: [
            report(delivers: true, reads: false), report(delivers: false, reads: true, attaches: false),
            report(delivers: false, reads: true, publishes: false),
        ]
    )
    func notJudged(report: ProofReport) {
        #expect(report.verdict.status == 2)
        #expect(Self.lastLine(report).hasPrefix("NOT JUDGED: "))
        #expect(report.json["reason"] != nil)
    }
}
