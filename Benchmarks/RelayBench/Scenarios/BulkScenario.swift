/// Bulk publishes of 100 messages against single ones, both to the relay with its memory store over 32 connections.
struct BulkScenario: Scenario {
    let name = "bulk"
    private static let messages = 100

    private enum Way {
        case single
        case bulk
    }

    func run(on bench: Bench) async -> [Row] {
        let payload = Payload.plain(size: bench.sizes.payload)
        let single = Contender(key: Way.single, kind: .relay) { server in
            try await BurstRig(
                bench,
                server: server,
                publishers: PublishScenario.publishers,
                request: server.dialect.publishRequest(payload)
            )
        }
        let bulk = Contender(key: Way.bulk, kind: .relay) { server in
            try await BurstRig(
                bench,
                server: server,
                publishers: PublishScenario.publishers,
                request: server.dialect.bulkRequest(payload, count: Self.messages),
                messagesPerRequest: Self.messages
            )
        }
        let measured = await bench.compare([single, bulk])
        let figures = Figures(
            relay: measured.median(.cpuPerMessage, of: .bulk),
            ratio: measured.ratio(.cpuPerMessage, of: .bulk, to: .single)
        )
        return [
            Row(
                "bulk publish of 100",
                unit: "us CPU/message",
                figures: figures,
                baseline: "the relay's single publish",
                must: .ratio(atMost: 0.35),
                remarks: measured.remarks
            )
        ]
    }
}
