/// Single publishes that are acknowledged once they are on disk: 64 publishers, sqlite store against memory store.
///
/// The database lies in the temporary directory; set `TMPDIR` to measure another disk.
struct SQLiteScenario: Scenario {
    let name = "sqlite"
    private static let publishers = 64

    private enum Side {
        case sqlite
        case memory
    }

    func run(on bench: Bench) async -> [Row] {
        let payload = Payload.plain(size: bench.sizes.payload)
        let contenders = [(Side.sqlite, Launcher.Storage.sqlite), (.memory, .memory)].map { side, storage in
            Contender(key: side, kind: .relay, storage: storage) { server in
                try await BurstRig(
                    bench,
                    server: server,
                    publishers: Self.publishers,
                    request: server.dialect.publishRequest(payload)
                )
            }
        }
        let measured = await bench.compare(contenders)
        let figures = Figures(
            relay: measured.median(.rate, of: .sqlite),
            ratio: measured.ratio(.rate, of: .sqlite, to: .memory)
        )
        return [
            Row(
                "sqlite, 64 publishers",
                unit: "messages/s",
                figures: figures,
                baseline: "the memory store",
                must: .relay(atLeast: 10_000).or(.ratio(atLeast: 0.4)),
                remarks: measured.remarks
            )
        ]
    }
}
