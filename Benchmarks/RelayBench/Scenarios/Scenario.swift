/// One thing that is measured.
protocol Scenario: Sendable {
    /// As `--only` takes it.
    static var name: String { get }

    init()

    func run(on bench: Bench) async -> [Row]
}

enum Scenarios {
    /// In the order in which they run.
    static let all: [any Scenario.Type] = [
        PublishScenario.self,
        ThousandTopicsScenario.self,
        TenTopicsScenario.self,
        SmallGroupsScenario.self,
        GreatCrowdScenario.self,
        StreamsScenario.self,
        ConnectScenario.self,
        StartScenario.self,
        NewTopicsScenario.self,
        BulkScenario.self,
        FanOutScenario.self,
        IdleScenario.self,
        PollScenario.self,
        SQLiteScenario.self,
        ValkeyScenario.self,
        NodesScenario.self,
        StalledReaderScenario.self,
    ]
}
