/// Datagrams through one allocation of TURN, there and back, against coturn: with coturn's client.
struct TURNScenario: Scenario {
    let name = "turn"
    private static let bytes = 1000

    func run(on bench: Bench) async -> [Row] {
        let datagrams = bench.sizes.turnDatagrams
        let measured = await bench.compare([
            Contender(key: ServerKind.relay, kind: .relay) { launcher in
                let port = try await launcher.launchPeerRelay()
                return (TURNRig(server: port.server, port: port.port, datagrams: datagrams), port.server)
            },
            Contender(key: .coturn, kind: .coturn) { launcher in
                let server = try await launcher.launchCoturn()
                return (TURNRig(server: server, port: server.port, datagrams: datagrams), server)
            },
        ])
        return [
            Row(
                "TURN, \(Self.bytes)-byte datagrams",
                unit: "us CPU/datagram",
                figures: Figures(
                    relay: measured.median(.cpuPerMessage, of: .relay),
                    bare: measured.median(.cpuPerMessage, of: .coturn),
                    ratio: measured.ratio(.cpuPerMessage, of: .relay, to: .coturn)
                ),
                baseline: "coturn",
                must: .ratio(atMost: 1.2),
                remarks: measured.remarks
            )
        ]
    }

    private struct TURNRig: Rig {
        let server: Server
        let port: Int
        let datagrams: Int

        func measure() async throws -> [Metric: Double] {
            let echo = try TURNClient.echo()
            let before = ProcessUsage.of(self.server.process)
            do {
                try await TURNClient.run(port: self.port, datagrams: self.datagrams, bytes: TURNScenario.bytes)
            } catch {
                await echo.stop()
                throw error
            }
            let after = ProcessUsage.of(self.server.process)
            await echo.stop()
            // Each goes there and back.
            return [.cpuPerMessage: (after.cpuMicroseconds - before.cpuMicroseconds) / Double(2 * self.datagrams)]
        }

        func tearDown() async {}
    }
}
