import ArgumentParser
import RelayCommands
import RelayProof

/// What `prove` does.
struct ProveOptions: ParsableArguments {
    @Option(help: "How long to publish: 500ms, 30s, 5m, 2h.")
    var duration = "30s"

    @Option(help: "How many topics to publish to, 1 to 50.")
    var topics = 4

    @Option(help: "How many publishers: by turns with single requests, frames on a WebSocket, and bulks.")
    var publishers = 4

    @Option(help: "Messages a second, of all publishers together.")
    var rate = 200.0

    @Option(help: "How many readers of each kind: websocket, poll, sse. Each reads all topics.")
    var readers = "websocket:4,poll:4,sse:4"

    @Option(help: "How many peers a session of the run's own has, which join, speak, leave and come back. 0: none.")
    var peers = 4

    @Option(help: "How many members the first topic has, which come, speak, leave and watch each other. 0: none.")
    var members = 0

    @Option(
        help: """
            After how long without a sign of life the relay says that a peer has left: session_lease_seconds and \
            session_reconnect_seconds together, and presence_lease_seconds if that is more. Peers vanish only where that fits into the run.
            """
    )
    var lostAfter = "75s"

    @Option(help: "How long a reader keeps a connection on average. Each time is random.")
    var resumeEvery = "2s"

    @Option(help: "Characters of filler in each payload.")
    var payloadSize = 200

    @Option(help: "The seed of everything random.")
    var seed: UInt64 = 0

    @Option(help: "How long readers may take after the last publish to see everything.")
    var settle = "30s"

    @Option(help: "How the names of the topics begin. The id of the run follows.")
    var topicPrefix = "prove-"

    @Flag(help: "Keep the topics at the end.")
    var keep = false

    func plan() throws -> ProofPlan {
        var plan = ProofPlan(runID: ProofPlan.makeRunID())
        plan.duration = try Self.span(self.duration, "--duration")
        plan.settle = try Self.span(self.settle, "--settle")
        plan.resumeEvery = try Self.span(self.resumeEvery, "--resume-every")
        plan.topicCount = self.topics
        plan.publisherCount = self.publishers
        plan.rate = self.rate
        guard let mix = ReaderMix(self.readers) else {
            throw UsageError("--readers is like websocket:4,poll:4,sse:4, with at most \(ReaderMix.maxCount) in all")
        }
        plan.readers = mix.kinds
        plan.peerCount = self.peers
        plan.memberCount = self.members
        plan.lostAfter = try Self.span(self.lostAfter, "--lost-after")
        plan.payloadSize = self.payloadSize
        plan.seed = self.seed
        plan.topicPrefix = self.topicPrefix
        plan.keepsTopics = self.keep
        if let problem = plan.problem { throw UsageError(problem) }
        return plan
    }

    private static func span(_ text: String, _ option: String) throws -> Duration {
        guard let span = SpanText.parse(text) else { throw UsageError("\(option) is a span such as 500ms, 30s or 5m") }
        return span
    }
}
