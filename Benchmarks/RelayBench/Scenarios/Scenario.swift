/// One thing that is measured.
protocol Scenario: Sendable {
    /// As `--only` takes it.
    var name: String { get }

    func run(on bench: Bench) async -> [Row]
}

enum Scenarios {
    /// In the order in which they run.
    static let all: [any Scenario] =
        [PublishScenario(), TracingScenario()] + TopicsScenario.all + [
            StreamsScenario(),
            TLSScenario(),
            ConnectScenario(),
            StartScenario(),
            NewTopicsScenario(),
            BulkScenario(),
            FanOutScenario(),
            PulseScenario(),
            PresenceScenario(),
            IdleScenario(),
            PollScenario(),
            SQLiteScenario(),
            ValkeyScenario(),
            NodesScenario(),
            StalledReaderScenario(),
            TunnelScenario(),
            QUICScenario(),
            STUNScenario(),
            TURNScenario(),
            SessionsScenario(),
            DocumentRoomScenario(),
            DocumentJoinScenario(),
            DocumentCrowdScenario(),
            DocumentMemoryScenario(),
            DocumentAlgebraScenario(),
        ]
}
