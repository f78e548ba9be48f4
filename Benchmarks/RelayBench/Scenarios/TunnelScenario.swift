import NIOCore

/// Bytes between two peers: over the relay's tunnels, and through a bare TCP proxy.
///
/// The relay reads and writes WebSocket frames, and unmasks every byte; the proxy copies what the kernel gives it.
struct TunnelScenario: Scenario {
    let name = "tunnel"
    /// 200 tunnels at once, 64 of them at most in a session.
    private static let crowd = 200

    func run(on bench: Bench) async -> [Row] {
        let bytes = bench.sizes.tunnelBytes
        let single = await self.measure(bench, pipes: 1) { server, pipes in
            TunnelThroughputRig(server: server, pipes: pipes, bytesEach: bytes)
        }
        let many = await self.measure(bench, pipes: Self.crowd) { server, pipes in
            TunnelThroughputRig(server: server, pipes: pipes, bytesEach: bytes / Self.crowd)
        }
        let trip = await self.measure(bench, pipes: 1) { server, pipes in
            TunnelTripRig(server: server, pipes: pipes, trips: bench.sizes.tunnelTrips)
        }
        return [
            Row(
                "one tunnel, \(bytes >> 20) MiB",
                unit: "MiB/s",
                figures: single.figures(.rate),
                baseline: "bare proxy",
                must: .ratio(atLeast: 0.6),
                remarks: single.remarks
            ),
            Row(
                "one tunnel, the server's memory",
                unit: "bytes more",
                figures: single.figures(.growth),
                baseline: "bare proxy",
                must: .relay(atMost: 8_388_608)
            ),
            Row(
                "\(Self.crowd) tunnels at once, in all",
                unit: "MiB/s",
                figures: many.figures(.rate),
                baseline: "bare proxy",
                must: .ratio(atLeast: 0.6),
                remarks: many.remarks
            ),
            Row(
                "\(Self.crowd) tunnels at once, the slowest",
                unit: "% of the mean",
                figures: many.figures(.slowestShare),
                baseline: "bare proxy",
                must: .relay(atLeast: 34)
            ),
            Row(
                "tunnel, there and back, 64 bytes",
                unit: "us median",
                figures: trip.figures(.tripTime),
                baseline: "bare proxy",
                must: .ratio(atMost: 1.5),
                remarks: trip.remarks
            ),
        ]
    }

    private func measure(
        _ bench: Bench,
        pipes: Int,
        rig: @escaping @Sendable (Server, Pipes) -> any Rig
    ) async -> Measured<ServerKind> {
        await bench.compare([
            Contender(key: .relay, kind: .relay) { server in
                let requests = try await TunnelRequests(pipes, of: server, from: bench.client).pairs
                return rig(server, try await .tunnels(requests, of: server, from: bench.client))
            },
            Contender(key: .bare, kind: .bare) { launcher in
                var server: Server?
                let pipes = try await Pipes.tcp(pipes, from: bench.client) { target in
                    let started = try await launcher.launchProxy(to: target)
                    server = started
                    return started.port + 1
                }
                guard let server else { throw LoadError.connectionClosed }
                return (rig(server, pipes), server)
            },
        ])
    }
}

/// Bytes through all pipes at once, as fast as they are taken.
private struct TunnelThroughputRig: Rig {
    let server: Server
    let pipes: Pipes
    let bytesEach: Int

    func measure() async throws -> [Metric: Double] {
        // The buffers that a stream needs are no growth.
        try await self.carry(min(self.bytesEach, 4 << 20))
        let before = ProcessUsage.of(self.server.process)
        let times = try await self.carry(self.bytesEach)
        let after = ProcessUsage.of(self.server.process)
        let total = Double(self.bytesEach * times.count) / 1_048_576
        let slowest = times.max() ?? 0
        // A tunnel's rate is as its time is short: the mean rate is that of the mean of the rates.
        let rates = times.map { Double(self.bytesEach) / $0 }
        let mean = rates.reduce(0, +) / Double(rates.count)
        return [
            .rate: total / slowest,
            .growth: after.residentBytes - before.residentBytes,
            .slowestShare: (rates.min() ?? 0) / mean * 100,
        ]
    }

    /// - Returns: seconds until the last byte of each had come.
    @discardableResult
    private func carry(_ bytes: Int) async throws -> [Double] {
        let start = NIODeadline.now()
        let ends = self.pipes.all.map { $0.carry(bytes) }
        var times: [Double] = []
        for end in ends { times.append(Double((try await end.get() - start).nanoseconds) / 1e9) }
        return times
    }

    func tearDown() async { await self.pipes.close() }
}

/// 64 bytes there and back, one after another.
private struct TunnelTripRig: Rig {
    let server: Server
    let pipes: Pipes
    let trips: Int

    func measure() async throws -> [Metric: Double] {
        guard let pipe = self.pipes.all.first else { throw LoadError.connectionClosed }
        try await pipe.far.triggerUserOutboundEvent(PipeHandler.Echo()).get()
        var latencies = Latencies()
        for _ in 0..<self.trips {
            let start = NIODeadline.now()
            latencies.add((try await pipe.carryThereAndBack(64).get() - start).nanoseconds)
        }
        return [.tripTime: latencies.percentile(0.5) ?? 0]
    }

    func tearDown() async { await self.pipes.close() }
}
