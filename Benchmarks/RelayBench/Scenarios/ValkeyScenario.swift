/// One relay with its messages on a Valkey or Redis server: 64 connections, each with one request in flight.
///
/// The server is as it comes, except that it writes nothing to disk (`save ""`, `appendonly no`), and the same for both
/// sides. redis-benchmark's 64 connections send it `XADD` with a payload and a timestamp, and nothing else: no request
/// to parse, nobody to authenticate, no bounds to keep, nothing to announce.
struct ValkeyScenario: Scenario {
    static let name = "valkey"
    static let publishers = 64
    private static let bulk = 100

    private enum Side {
        case relay
        /// The relay with its memory store.
        case memory
        /// redis-benchmark.
        case bare
    }

    func run(on bench: Bench) async -> [Row] {
        let single = await Self.compare(messages: 1, pipelined: 1, withMemory: true, on: bench)
        let bulk = await Self.compare(messages: Self.bulk, pipelined: 32, withMemory: false, on: bench)
        return [
            Self.rateRow("valkey, \(Self.publishers) publishers", single, "redis-benchmark -P 1", atLeast: 0.6),
            Self.memoryRow(single),
            Self.relayCPURow(single),
            Self.serverCPURow("valkey server's CPU, single publishes", single, "redis-benchmark -P 1"),
            Self.rateRow("valkey, bulk of \(Self.bulk)", bulk, "redis-benchmark -P 32", atLeast: 0.2),
            Self.serverCPURow("valkey server's CPU, bulk", bulk, "redis-benchmark -P 32"),
        ]
    }

    private static func compare(messages: Int, pipelined: Int, withMemory: Bool, on bench: Bench) async -> Measured<
        Side
    > {
        await bench.compare { storage in
            let relay = Self.contender(.relay, .valkey(storage), messages: messages, backend: storage.process, bench)
            let memory = Self.contender(.memory, .memory, messages: messages, backend: nil, bench)
            let bare = Contender(key: Side.bare, running: .valkey) {
                try await RedisBenchmarkRig(bench, storage, connections: Self.publishers, pipelined: pipelined)
            }
            return withMemory ? [relay, bare, memory] : [relay, bare]
        }
    }

    private static func contender(
        _ key: Side,
        _ storage: Launcher.Storage,
        messages: Int,
        backend: ServerProcess?,
        _ bench: Bench
    ) -> Contender<Side> {
        let payload = Payload.plain(size: bench.sizes.payload)
        return Contender(key: key, kind: .relay, storage: storage) { server in
            try await BurstRig(
                bench,
                server: server,
                backend: backend,
                publishers: Self.publishers,
                request: messages == 1
                    ? server.dialect.publishRequest(payload) : server.dialect.bulkRequest(payload, count: messages),
                messagesPerRequest: messages
            )
        }
    }

    private static func rateRow(_ what: String, _ measured: Measured<Side>, _ baseline: String, atLeast limit: Double)
        -> Row
    {
        Row(
            what,
            unit: "messages/s",
            figures: Figures(
                relay: measured.median(.rate, of: .relay),
                bare: measured.median(.rate, of: .bare),
                ratio: measured.ratio(.rate, of: .relay, to: .bare)
            ),
            baseline: baseline,
            must: .ratio(atLeast: limit),
            remarks: measured.remarks
        )
    }

    /// How much of what the relay falls behind redis-benchmark is its store's doing, and how much that of HTTP.
    private static func memoryRow(_ measured: Measured<Side>) -> Row {
        Row(
            "valkey, \(Self.publishers) publishers",
            unit: "messages/s",
            figures: Figures(
                relay: measured.median(.rate, of: .relay),
                ratio: measured.ratio(.rate, of: .relay, to: .memory)
            ),
            baseline: "the memory store"
        )
    }

    private static func relayCPURow(_ measured: Measured<Side>) -> Row {
        Row(
            "valkey, \(Self.publishers) publishers",
            unit: "us CPU/message",
            figures: Figures(
                relay: measured.median(.cpuPerMessage, of: .relay),
                ratio: measured.ratio(.cpuPerMessage, of: .relay, to: .memory)
            ),
            baseline: "the memory store",
            must: .ratio(atMost: 1.6)
        )
    }

    private static func serverCPURow(_ what: String, _ measured: Measured<Side>, _ baseline: String) -> Row {
        Row(
            what,
            unit: "us CPU/message",
            figures: Figures(
                relay: measured.median(.backendCPUPerMessage, of: .relay),
                bare: measured.median(.backendCPUPerMessage, of: .bare),
                ratio: measured.ratio(.backendCPUPerMessage, of: .relay, to: .bare)
            ),
            baseline: baseline
        )
    }
}
