import NIOCore

/// One relay with its messages on a Valkey or Redis server: 64 connections, each with one request in flight.
///
/// The server is as it comes, except that it writes nothing to disk (`save ""`, `appendonly no`), and the same for both
/// sides. redis-benchmark's 64 connections send it `XADD` with a payload and a timestamp, and nothing else: no request
/// to parse, nobody to authenticate, no bounds to keep, nothing to announce.
struct ValkeyScenario: Scenario {
    let name = "valkey"
    static let publishers = 64
    private static let bulk = 100

    private enum Side {
        case relay
        /// The relay with its memory store.
        case memory
        /// The relay, published to over WebSockets.
        case webSocket
        /// The bare NIO program, which reads a request and answers it: what speaking HTTP costs before there is a relay.
        case http
        /// redis-benchmark.
        case bare
    }

    func run(on bench: Bench) async -> [Row] {
        let single = await Self.compareSingle(on: bench)
        let bulk = await Self.compareBulk(on: bench)
        return [
            Self.rateRow(
                "valkey, \(Self.publishers) publishers",
                single,
                "redis-benchmark -P 1",
                must: .ratio(atLeast: 0.6)
            ),
            Self.rateRow(
                "valkey, \(Self.publishers) publishers over WebSockets",
                of: .webSocket,
                single,
                "redis-benchmark -P 1"
            ),
            Self.httpRow(single),
            Self.memoryRow(single),
            Self.relayCPURow(single),
            Self.serverCPURow("valkey server's CPU, single publishes", single, "redis-benchmark -P 1"),
            Self.rateRow("valkey, bulk of \(Self.bulk)", bulk, "redis-benchmark -P 32", must: .ratio(atLeast: 0.2)),
            Self.serverCPURow("valkey server's CPU, bulk", bulk, "redis-benchmark -P 32"),
        ]
    }

    private static func compareSingle(on bench: Bench) async -> Measured<Side> {
        let payload = Payload.plain(size: bench.sizes.payload)
        return await bench.compare { storage in
            [
                Self.contender(.relay, .valkey(storage), bench) { $0.publishRequest(payload) },
                Self.bare(storage, pipelined: 1, bench),
                Self.contender(.webSocket, .valkey(storage), overWebSockets: true, bench) { $0.publishFrame(payload) },
                Self.contender(.memory, .memory, bench) { $0.publishRequest(payload) },
                Self.contender(.http, .memory, bench) { $0.publishRequest(payload) },
            ]
        }
    }

    private static func compareBulk(on bench: Bench) async -> Measured<Side> {
        let payload = Payload.plain(size: bench.sizes.payload)
        return await bench.compare { storage in
            [
                Self.contender(.relay, .valkey(storage), messages: Self.bulk, bench) {
                    $0.bulkRequest(payload, count: Self.bulk)
                },
                Self.bare(storage, pipelined: 32, bench),
            ]
        }
    }

    private static func bare(_ storage: SharedStorage, pipelined: Int, _ bench: Bench) -> Contender<Side> {
        Contender(key: .bare, running: .valkey) {
            try await RedisBenchmarkRig(bench, storage, connections: Self.publishers, pipelined: pipelined)
        }
    }

    private static func contender(
        _ key: Side,
        _ storage: Launcher.Storage,
        messages: Int = 1,
        overWebSockets: Bool = false,
        _ bench: Bench,
        request: @escaping @Sendable (Dialect) -> ByteBuffer
    ) -> Contender<Side> {
        Contender(key: key, kind: key == .http ? .bare : .relay, storage: storage) { server in
            try await BurstRig(
                bench,
                server: server,
                backend: storage.process,
                publishers: Self.publishers,
                overWebSockets: overWebSockets,
                request: request(server.dialect),
                messagesPerRequest: messages
            )
        }
    }

    private static func rateRow(
        _ what: String,
        of side: Side = .relay,
        _ measured: Measured<Side>,
        _ baseline: String,
        must: Must? = nil
    ) -> Row {
        Row(
            what,
            unit: "messages/s",
            figures: Figures(
                relay: measured.median(.rate, of: side),
                bare: measured.median(.rate, of: .bare),
                ratio: measured.ratio(.rate, of: side, to: .bare)
            ),
            baseline: baseline,
            must: must,
            remarks: must == nil ? "" : measured.remarks
        )
    }

    /// What is left on this machine, beside the load generator, for any server that speaks HTTP, with nothing to store.
    private static func httpRow(_ measured: Measured<Side>) -> Row {
        Row(
            "bare NIO, \(Self.publishers) publishers",
            unit: "requests/s",
            figures: Figures(
                bare: measured.median(.rate, of: .http),
                ratio: measured.ratio(.rate, of: .http, to: .bare)
            ),
            baseline: "redis-benchmark -P 1"
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
