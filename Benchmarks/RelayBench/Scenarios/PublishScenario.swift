/// Single publishes over HTTP keep-alive: 32 connections, each with one request in flight, memory store, no readers.
///
/// Bare NIO reads the body and answers as many bytes as the relay; nchan stores the message for one channel. Neither
/// checks the token that all of them are sent.
struct PublishScenario: Scenario {
    let name = "publish"
    static let publishers = 32

    func run(on bench: Bench) async -> [Row] {
        let payload = Payload.plain(size: bench.sizes.payload)
        let measured = await bench.compare(
            Contender.each([.relay, .bare, .nchan]) { server in
                try await BurstRig(
                    bench,
                    server: server,
                    publishers: Self.publishers,
                    request: server.dialect.publishRequest(payload)
                )
            }
        )
        return [
            Row(
                "publish, 32 connections",
                unit: "us CPU/message",
                figures: measured.figures(.cpuPerMessage),
                must: .ratio(atMost: 1.2),
                remarks: measured.remarks
            ),
            Row("publish, 32 connections", unit: "messages/s", figures: measured.figures(.rate)),
        ]
    }
}
