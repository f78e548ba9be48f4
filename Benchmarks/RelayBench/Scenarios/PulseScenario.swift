import NIOCore

/// Pulse beside `/ws`, on relays of their own: a fan-out, publishes that are acked, and what a channel costs on which nothing was said yet.
struct PulseScenario: Scenario {
    let name = "pulse"

    private enum Side {
        case pulse
        case socket
    }

    func run(on bench: Bench) async -> [Row] {
        [await Self.fanOut(on: bench), await Self.publish(on: bench), await Self.channels(on: bench)]
    }

    private static func fanOut(on bench: Bench) async -> Row {
        let measured = await bench.compare([
            Contender(key: Side.pulse, kind: .relay) { server in
                try await FanOutRig(bench, server: server.speakingPulse, burst: 1)
            },
            Contender(key: .socket, kind: .relay) { server in try await FanOutRig(bench, server: server, burst: 1) },
        ])
        return Self.row(
            "Pulse: fan-out to \(bench.sizes.readers) connections",
            unit: "us CPU/delivery",
            .cpuPerDelivery,
            measured,
            must: .ratio(atMost: 1.1)
        )
    }

    private static func publish(on bench: Bench) async -> Row {
        let payload = Payload.plain(size: bench.sizes.payload)
        let measured = await bench.compare([
            Contender(key: Side.pulse, kind: .relay) { server in
                try await Self.burst(bench, server.speakingPulse, payload)
            },
            Contender(key: .socket, kind: .relay) { server in try await Self.burst(bench, server, payload) },
        ])
        return Self.row(
            "Pulse: publish with ack, \(PublishScenario.publishers) connections",
            unit: "us CPU/message",
            .cpuPerMessage,
            measured,
            must: .ratio(atMost: 1)
        )
    }

    private static func burst(_ bench: Bench, _ server: Server, _ payload: String) async throws -> BurstRig {
        try await BurstRig(
            bench,
            server: server,
            publishers: PublishScenario.publishers,
            overWebSockets: true,
            request: server.dialect.publishFrame(payload)
        )
    }

    private static func channels(on bench: Bench) async -> Row {
        let measured = await bench.compare(
            [
                Contender(key: Side.pulse, kind: .relay) { server in
                    try await PulseChannelsRig(bench, server: server.speakingPulse)
                }
            ],
            rounds: 1
        )
        return Row(
            "Pulse: channels with no message yet, \(PulseChannelsRig.count)",
            unit: "bytes each",
            figures: Figures(relay: measured.median(.bytesEach, of: .pulse)),
            baseline: "-",
            must: .relay(atMost: 2_048),
            remarks: measured.remarks
        )
    }

    private static func row(
        _ title: String,
        unit: String,
        _ metric: Metric,
        _ measured: Measured<Side>,
        must: Must
    ) -> Row {
        Row(
            title,
            unit: unit,
            figures: Figures(
                relay: measured.median(metric, of: .pulse),
                ratio: measured.ratio(metric, of: .pulse, to: .socket)
            ),
            baseline: "/ws",
            must: must,
            remarks: measured.remarks
        )
    }
}

extension Server {
    /// The same, asked as clients of Pulse's ask.
    fileprivate var speakingPulse: Server {
        Server(kind: self.kind, port: self.port, dialect: self.dialect.pulse, process: self.process)
    }
}

/// Connections that subscribe to channels of which nobody has heard, and what the relay's memory grows by for each channel.
private struct PulseChannelsRig: Rig {
    private static let connections = 100
    /// As many as one connection may have, but for the one with which it begins.
    private static let channelsEach = 99
    /// Subscribed first, so that what the relay allocates once isn't counted.
    private static let pioneers = 10
    private static let settling = Duration.seconds(1)

    static let count = Self.connections * Self.channelsEach

    private let server: Server
    private let pioneers: [RequestConnection]
    private let connections: [RequestConnection]

    init(_ bench: Bench, server: Server) async throws {
        self.server = server
        self.pioneers = try await Self.open(Self.pioneers, bench, server)
        self.connections = try await Self.open(Self.connections, bench, server)
        try await Self.subscribe(self.pioneers, "pioneer")
    }

    private static func open(_ count: Int, _ bench: Bench, _ server: Server) async throws -> [RequestConnection] {
        let opened = try await bench.client.open(count, port: server.port)
        for connection in opened {
            _ = try await connection.once(server.dialect.upgradeRequest).get()
            _ = try await connection.once(server.dialect.quietSubscribeFrame).get()
        }
        return opened
    }

    private static func subscribe(_ connections: [RequestConnection], _ name: String) async throws {
        let answers = connections.enumerated().map { index, connection in
            connection.timed((0..<Self.channelsEach).map { PulseFrame.subscribe("\(name):\(index):\($0)") })
        }
        for answer in answers { _ = try await answer.get() }
    }

    func measure() async throws -> [Metric: Double] {
        try await Task.sleep(for: Self.settling)
        let before = ProcessUsage.of(self.server.process)
        try await Self.subscribe(self.connections, "channel")
        try await Task.sleep(for: Self.settling)
        let after = ProcessUsage.of(self.server.process)
        return [.bytesEach: (after.residentBytes - before.residentBytes) / Double(Self.count)]
    }

    func tearDown() async {
        for connection in self.pioneers + self.connections { await connection.close() }
    }
}
