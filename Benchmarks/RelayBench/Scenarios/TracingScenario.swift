/// Single publishes to a relay that exports traces, metrics and log records, one publish of a hundred recorded, against one that exports
/// nothing. The collector is a bare server that answers everything.
struct TracingScenario: Scenario {
    let name = "tracing"

    private enum Side {
        case tracing
        case plain
    }

    func run(on bench: Bench) async -> [Row] {
        let payload = Payload.plain(size: bench.sizes.payload)
        let measured = await bench.compare([
            Contender(key: Side.tracing, kind: .relay) { launcher in
                let collector = try await launcher.launch(.bare)
                do {
                    let server = try await launcher.launchRelay(
                        port: try await launcher.freePort(),
                        storage: .memory,
                        extra: [
                            "PULSAR_OTLP_ENDPOINT": "http://127.0.0.1:\(collector.port)",
                            "PULSAR_TRACE_SAMPLE_RATIO": "0.01",
                        ]
                    )
                    let rig = try await Self.rig(server, payload, bench)
                    return (TracedRig(rig: rig, collector: collector), server)
                } catch {
                    await collector.stop()
                    throw error
                }
            },
            Contender(key: .plain, kind: .relay, storage: .memory) { try await Self.rig($0, payload, bench) },
        ])
        return [
            Row(
                "publish, 1 % traced",
                unit: "us CPU/message",
                figures: Figures(
                    relay: measured.median(.cpuPerMessage, of: .tracing),
                    bare: measured.median(.cpuPerMessage, of: .plain),
                    ratio: measured.ratio(.cpuPerMessage, of: .tracing, to: .plain)
                ),
                baseline: "without traces",
                must: .ratio(atMost: 1.03),
                remarks: measured.remarks
            )
        ]
    }

    private static func rig(_ server: Server, _ payload: String, _ bench: Bench) async throws -> BurstRig {
        do {
            return try await BurstRig(
                bench,
                server: server,
                publishers: PublishScenario.publishers,
                request: server.dialect.publishRequest(payload)
            )
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Stops the collector with the load.
    private struct TracedRig: Rig {
        let rig: BurstRig
        let collector: Server

        func measure() async throws -> [Metric: Double] { try await self.rig.measure() }

        func tearDown() async {
            await self.rig.tearDown()
            await self.collector.stop()
        }
    }
}
