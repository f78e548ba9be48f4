/// What TLS costs, and what HTTP/2 costs within it.
///
/// Publishes over TLS 1.3 on connections that last, against the same without TLS, to the relay and to its peers. Event streams over HTTP/2, a hundred on each connection,
/// against as many over HTTP/1.1 with a connection each, both over TLS. And what the relay holds for an idle WebSocket over TLS.
struct TLSScenario: Scenario {
    let name = "tls"
    private static let streams = 1_000
    private static let streamsEach = 100
    /// The relay gives back what TLS keeps of a connection that was quiet for four seconds.
    private static let untilQuiet = Duration.seconds(6)

    private enum Way {
        case plain
        case encrypted
        case multiplexed
    }

    func run(on bench: Bench) async -> [Row] {
        var rows: [Row] = []
        for kind in [ServerKind.relay, .bare, .nchan] { rows.append(await self.publish(to: kind, on: bench)) }
        return rows + [await self.deliver(on: bench), await self.idle(on: bench)]
    }

    /// - Parameter kind: of the server. What TLS costs the others says what is the library's part in what it costs the relay.
    private func publish(to kind: ServerKind, on bench: Bench) async -> Row {
        let payload = Payload.plain(size: bench.sizes.payload)
        let measured = await bench.compare([
            Contender(key: Way.plain, kind: kind) { server in
                try await Self.burst(bench, server, payload)
            },
            Self.contender(.encrypted, kind) { server in
                try await Self.burst(bench.overTLS(), server, payload)
            },
        ])
        var figures = Figures(ratio: measured.ratio(.cpuPerMessage, of: .encrypted, to: .plain))
        let cost = measured.median(.cpuPerMessage, of: .encrypted)
        switch kind {
        case .bare: figures.bare = cost
        case .nchan: figures.nchan = cost
        default: figures.relay = cost
        }
        let connections = "\(PublishScenario.publishers) connections"
        return Row(
            kind == .relay
                ? "publish over TLS 1.3, \(connections)" : "the same, \(kind == .bare ? "bare NIO" : kind.rawValue)",
            unit: "us CPU/message",
            figures: figures,
            baseline: "without TLS",
            must: kind == .relay ? .ratio(atMost: 1.35) : nil,
            remarks: measured.remarks
        )
    }

    private static func burst(_ bench: Bench, _ server: Server, _ payload: String) async throws -> BurstRig {
        try await BurstRig(
            bench,
            server: server,
            publishers: PublishScenario.publishers,
            request: server.dialect.publishRequest(payload)
        )
    }

    private func deliver(on bench: Bench) async -> Row {
        let topics = StreamsRig.topics(1)
        let measured = await bench.compare([
            Self.contender(.encrypted) { server in
                let bench = try bench.overTLS()
                return try await StreamsRig(bench, server: server, streams: Self.streams, topics: topics) {
                    try await .eventStreams(Self.streams, topics: topics, of: server, from: bench.client)
                }
            },
            Self.contender(.multiplexed) { server in
                let tls = try bench.overTLS()
                return try await StreamsRig(tls, server: server, streams: Self.streams, topics: topics) {
                    try await .eventStreams(
                        Self.streams,
                        on: Self.streams / Self.streamsEach,
                        topics: topics,
                        of: server,
                        from: bench.client
                    )
                }
            },
        ])
        return Row(
            "\(Self.streams) event streams on \(Self.streams / Self.streamsEach) HTTP/2 connections",
            unit: "us CPU/delivery",
            figures: Figures(
                relay: measured.median(.cpuPerDelivery, of: .multiplexed),
                ratio: measured.ratio(.cpuPerDelivery, of: .multiplexed, to: .encrypted)
            ),
            baseline: "HTTP/1.1 over TLS",
            must: .ratio(atMost: 1.3),
            remarks: measured.remarks
        )
    }

    private func idle(on bench: Bench) async -> Row {
        let measured = await bench.compare(
            [
                Self.contender(.encrypted) { server in
                    let client = try bench.client.overTLS()
                    let count = bench.sizes.idleReaders / 2
                    return try await MemoryRig(server: server, count: count, settling: Self.untilQuiet) { count in
                        try await .subscribers(count, of: server, from: client, log: DeliveryLog())
                    }
                }
            ],
            rounds: 1
        )
        return Row(
            "\(bench.sizes.idleReaders / 2) idle subscribers over TLS",
            unit: "bytes each",
            figures: Figures(relay: measured.median(.bytesEach, of: .encrypted)),
            must: .relay(atMost: 20_480),
            remarks: measured.remarks
        )
    }

    private static func contender(
        _ key: Way,
        _ kind: ServerKind = .relay,
        rig: @escaping @Sendable (Server) async throws -> any Rig
    ) -> Contender<Way> {
        Contender(key: key, kind: kind) { launcher in
            let server = try await launcher.launchOverTLS(kind)
            do {
                return (try await rig(server), server)
            } catch {
                await server.stop()
                throw error
            }
        }
    }
}
