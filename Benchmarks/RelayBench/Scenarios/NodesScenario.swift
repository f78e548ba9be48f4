/// Two relays on one Valkey or Redis server: how late a subscriber of the other relay is, and what two of them publish.
///
/// All publish to one topic, so that each relay hears of what the other stored.
struct NodesScenario: Scenario {
    let name = "nodes"
    private static let laterMicroseconds = 3000.0

    private enum Nodes {
        case one
        case two
    }

    func run(on bench: Bench) async -> [Row] {
        [await Self.deliveryRow(on: bench), await Self.rateRow(on: bench)]
    }

    private static func deliveryRow(on bench: Bench) async -> Row {
        let measured = await bench.compare { storage in
            [
                Contender(key: Nodes.two, kind: .relay, storage: .valkey(storage)) { server in
                    try await SecondNodeRig(bench, on: storage) { second in
                        try await NodeDeliveryRig(bench, server: server, second: second)
                    }
                }
            ]
        }
        return Row(
            "delivery on the other of two relays",
            unit: "us p99",
            figures: Figures(
                relay: measured.median(.farLatency, of: .two),
                difference: measured.difference(.farLatency, above: .latency, of: .two)
            ),
            baseline: "the publisher's relay",
            must: .difference(atMost: Self.laterMicroseconds),
            remarks: measured.remarks
        )
    }

    private static func rateRow(on bench: Bench) async -> Row {
        let payload = Payload.plain(size: bench.sizes.payload)
        let measured = await bench.compare { storage in
            // Else the one would hear what the two store.
            let (alone, pair) = (storage.part("alone:"), storage.part("pair:"))
            return [
                Contender(key: Nodes.two, kind: .relay, storage: .valkey(pair)) { server in
                    try await SecondNodeRig(bench, on: pair) { second in
                        try await Self.burst(server, others: [second], payload, bench)
                    }
                },
                Contender(key: Nodes.one, kind: .relay, storage: .valkey(alone)) { server in
                    try await Self.burst(server, others: [], payload, bench)
                },
            ]
        }
        return Row(
            "publishes to two relays, \(ValkeyScenario.publishers) publishers",
            unit: "messages/s",
            figures: Figures(
                relay: measured.median(.rate, of: .two),
                ratio: measured.ratio(.rate, of: .two, to: .one)
            ),
            baseline: "one relay",
            remarks: measured.remarks
        )
    }

    private static func burst(_ server: Server, others: [Server], _ payload: String, _ bench: Bench) async throws
        -> BurstRig
    {
        try await BurstRig(
            bench,
            server: server,
            others: others,
            publishers: ValkeyScenario.publishers,
            request: server.dialect.publishRequest(payload)
        )
    }
}
