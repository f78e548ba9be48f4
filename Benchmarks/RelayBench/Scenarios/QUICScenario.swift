/// The QUIC relay: what a stream of a tunnel costs, beside a server that only sends, and what a connection costs on which nothing happens.
///
/// The relay takes every byte from the one peer's connection, opens its packets, and seals it in packets of the other's. `gtlsserver`, the example
/// server of the QUIC library that the relay has, makes the bytes up and seals them: it does half of that. The client is the same for both.
struct QUICScenario: Scenario {
    let name = "quic"

    func run(on bench: Bench) async -> [Row] {
        await self.tunnel(on: bench) + [await self.idle(on: bench), await self.publish(on: bench)]
    }

    /// What a publish costs over HTTP/3, beside the same over HTTP/1.1 and TLS.
    private func publish(on bench: Bench) async -> Row {
        let measured = await bench.compare([
            Self.contender(Way.datagrams) { port in
                try await HTTP3BurstRig(bench, port, publishers: PublishScenario.publishers)
            },
            Contender(key: Way.connections, kind: .relay) { launcher in
                let server = try await launcher.launchOverTLS(.relay)
                do {
                    let request = server.dialect.publishRequest(Payload.plain(size: bench.sizes.payload))
                    let publishers = PublishScenario.publishers
                    return (
                        try await BurstRig(bench.overTLS(), server: server, publishers: publishers, request: request),
                        server
                    )
                } catch {
                    await server.stop()
                    throw error
                }
            },
        ])
        return Row(
            "publish over HTTP/3, \(PublishScenario.publishers) connections",
            unit: "us CPU/message",
            figures: Figures(
                relay: measured.median(.cpuPerMessage, of: .datagrams),
                ratio: measured.ratio(.cpuPerMessage, of: .datagrams, to: .connections)
            ),
            baseline: "HTTP/1.1 over TLS",
            remarks: measured.remarks
        )
    }

    /// How publishes come.
    private enum Way {
        case datagrams
        case connections
    }

    /// A relay with a port for QUIC.
    private static func contender<Key>(
        _ key: Key,
        rig: @escaping @Sendable (QUICPort) async throws -> any Rig
    ) -> Contender<Key> {
        Contender(key: key, kind: .relay) { launcher in
            let port = try await launcher.launchQUICRelay()
            do {
                return (try await rig(port), port.server)
            } catch {
                await port.server.stop()
                throw error
            }
        }
    }

    private func tunnel(on bench: Bench) async -> [Row] {
        let bytes = bench.sizes.tunnelBytes
        let measured = await bench.compare([
            Self.contender(ServerKind.relay) { port in try await QUICTunnelRig(bench, port, bytes: bytes) },
            Contender(key: .gtlsserver, kind: .gtlsserver) { launcher in
                let server = try await launcher.launchGTLSServer()
                do {
                    return (try await QUICFetchRig(bench, server, bytes: bytes), server)
                } catch {
                    await server.stop()
                    throw error
                }
            },
        ])
        return [
            Row(
                "QUIC tunnel, one stream, \(bytes >> 20) MiB",
                unit: "us CPU/MiB",
                figures: Self.figures(.cpuPerMebibyte, measured),
                baseline: "gtlsserver",
                must: .ratio(atMost: 3.3),
                remarks: measured.remarks
            ),
            Row(
                "QUIC tunnel, the server's memory",
                unit: "bytes more",
                figures: Self.figures(.growth, measured),
                baseline: "gtlsserver",
                must: .relay(atMost: 4_194_304)
            ),
        ]
    }

    private static func figures(_ metric: Metric, _ measured: Measured<ServerKind>) -> Figures {
        Figures(
            relay: measured.median(metric, of: .relay),
            bare: measured.median(metric, of: .gtlsserver),
            ratio: metric == .growth ? nil : measured.ratio(metric, of: .relay, to: .gtlsserver)
        )
    }

    /// Measured once: a second crowd would find the first one's memory free to use.
    private func idle(on bench: Bench) async -> Row {
        let count = bench.sizes.quicConnectionCount
        let measured = await bench.compare(
            [Self.contender(ServerKind.relay) { port in try await QUICMemoryRig(bench, port, count: count) }],
            rounds: 1
        )
        return Row(
            "\(count) idle QUIC connections",
            unit: "bytes each",
            figures: Figures(relay: measured.median(.bytesEach, of: .relay)),
            baseline: "-",
            must: .relay(atMost: 30_720),
            remarks: measured.remarks
        )
    }
}
