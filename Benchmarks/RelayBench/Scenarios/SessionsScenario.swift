import NIOCore

/// Many sessions of two peers, each with a WebSocket: what all of them cost in memory, and how soon what one says is with both.
struct SessionsScenario: Scenario {
    let name = "sessions"

    func run(on bench: Bench) async -> [Row] {
        let sessions = bench.sizes.sessionCount
        let measured = await bench.compare([
            Contender(key: ServerKind.relay, kind: .relay) { server in try await SessionsRig(bench, server, sessions) }
        ])
        return [
            Row(
                "\(sessions) sessions of 2 peers, the server's memory",
                unit: "bytes",
                figures: Figures(relay: measured.median(.resident, of: .relay)),
                baseline: "",
                must: .relay(atMost: 1_000_000_000),
                remarks: measured.remarks
            ),
            Row(
                "\(sessions) sessions of 2 peers, chat",
                unit: "us p99",
                figures: Figures(relay: measured.median(.latency, of: .relay)),
                baseline: "",
                must: .relay(atMost: 50_000)
            ),
        ]
    }
}

private struct SessionsRig: Rig {
    private static let publishers = 8

    private let server: Server
    private let sizes: Sizes
    private let sessions: [SessionTickets.Session]
    private let crowd: Crowd
    private let publisher: PacedPublisher

    init(_ bench: Bench, _ server: Server, _ count: Int) async throws {
        self.server = server
        self.sizes = bench.sizes
        let sessions = try await SessionTickets(count, of: server, from: bench.client).all
        self.sessions = sessions
        self.crowd = try await .subscribers(
            count * 2,
            of: server,
            from: bench.client,
            log: DeliveryLog(readsStamps: true)
        ) { index in
            let session = sessions[index / 2]
            var dialect = server.dialect
            dialect.token = session.tickets[index % 2]
            dialect.subscribeFrame = Dialect.subscribeFrame(session.topic)
            return dialect
        }
        let connections = try await bench.client.open(Self.publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: bench.sizes.pacedRate)
    }

    func measure() async throws -> [Metric: Double] {
        let messages = self.sizes.pacedRate * self.sizes.pacedSeconds
        let (server, sessions) = (self.server, self.sessions)
        try await self.crowd.receive(2 * messages) {
            try await self.publisher.publish(messages) {
                let session = sessions[Int.random(in: sessions.indices)]
                var dialect = server.dialect
                dialect.token = session.tickets[Int.random(in: 0..<2)]
                return dialect.about(session.topic).publishRequest(Payload.chat())
            }
        }
        return [
            .resident: ProcessUsage.of(self.server.process).residentBytes,
            .latency: self.crowd.log.takeLatencies().percentile(0.99) ?? 0,
        ]
    }

    func tearDown() async {
        await self.publisher.close()
        await self.crowd.close()
    }
}
