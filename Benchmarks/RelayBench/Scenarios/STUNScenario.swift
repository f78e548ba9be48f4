import NIOPosix

/// STUN's usual question, over UDP, against coturn.
struct STUNScenario: Scenario {
    let name = "stun"

    func run(on bench: Bench) async -> [Row] {
        let span = Duration.seconds(bench.sizes.burstSeconds)
        let measured = await bench.compare([
            Contender(key: ServerKind.relay, kind: .relay) { launcher in
                let port = try await launcher.launchPeerRelay()
                return (STUNRig(server: port.server, port: port.port, span: span), port.server)
            },
            Contender(key: .coturn, kind: .coturn) { launcher in
                let server = try await launcher.launchCoturn()
                return (STUNRig(server: server, port: server.port, span: span), server)
            },
        ])
        return [
            Row(
                "STUN Binding",
                unit: "answers/s of a core",
                figures: Figures(
                    relay: measured.median(.rate, of: .relay),
                    bare: measured.median(.rate, of: .coturn),
                    ratio: measured.ratio(.rate, of: .relay, to: .coturn)
                ),
                baseline: "coturn",
                must: .relay(atLeast: 50_000).or(.ratio(atLeast: 0.8)),
                remarks: measured.remarks
            )
        ]
    }
}

private struct STUNRig: Rig {
    let server: Server
    let port: Int
    let span: Duration

    func measure() async throws -> [Metric: Double] {
        let before = ProcessUsage.of(self.server.process)
        let (port, span) = (self.port, self.span)
        let answers = try await NIOThreadPool.singleton.runIfActive { try STUNLoad.run(port: port, for: span) }
        let after = ProcessUsage.of(self.server.process)
        guard answers > 0 else { throw LoadError.connectionClosed }
        return [.rate: Double(answers) / (after.cpuMicroseconds - before.cpuMicroseconds) * 1e6]
    }

    func tearDown() async {}
}
