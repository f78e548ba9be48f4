import NIOCore

/// 10,000 connections in 1,000 documents, each of which is edited now and then: what a connection takes of the server's memory, its part of the
/// document included, and how long an update takes to each of the ten who have its document open.
///
/// Beside it the way of an update there and back through a y-websocket server that has nothing else to do: one client, median.
struct DocumentCrowdScenario: Scenario {
    let name = "documents-crowd"
    /// Microseconds.
    private static let longer = 5000.0

    private enum Side {
        case relay
        case yWebsocket
        /// y-websocket's server with one client.
        case idle
    }

    func run(on bench: Bench) async -> [Row] {
        let shape = DocumentCrowdShape(bench.sizes)
        let measured = await bench.compare(
            [
                Contender(key: Side.relay, kind: .relay) { try await DocumentCrowdRig(bench, server: $0, shape) },
                Contender(key: .yWebsocket, kind: .yWebsocket) {
                    try await DocumentCrowdRig(bench, server: $0, shape)
                },
                Contender(key: .idle, kind: .yWebsocket) { try await DocumentTripRig(bench, server: $0) },
            ],
            rounds: 1
        )
        let (latency, trip) = (measured.median(.latency, of: .relay), measured.median(.tripTime, of: .idle))
        return [
            Row(
                "\(shape.connections) connections in \(shape.documents) documents, memory",
                unit: "bytes each",
                figures: Figures(
                    relay: measured.median(.bytesEach, of: .relay),
                    bare: measured.median(.bytesEach, of: .yWebsocket),
                    ratio: measured.ratio(.bytesEach, of: .relay, to: .yWebsocket)
                ),
                baseline: "y-websocket",
                must: .relay(atMost: 12_288),
                remarks: measured.remarks
            ),
            Row(
                "\(shape.connections) connections in \(shape.documents) documents, update",
                unit: "us p99",
                figures: Figures(
                    relay: latency,
                    bare: trip,
                    difference: latency.flatMap { latency in trip.map { latency - $0 } }
                ),
                baseline: "idle y-websocket",
                must: .difference(atMost: Self.longer)
            ),
        ]
    }
}

struct DocumentCrowdShape: Sendable {
    let connections: Int
    /// With ten connections each.
    let documents: Int
    /// Updates in a round, as many as make it likely that each document was edited.
    let updates: Int

    init(_ sizes: Sizes) {
        self.documents = sizes.readers(ofEachOf: 1) / 10
        self.connections = self.documents * 10
        self.updates = self.documents
    }
}

private struct DocumentCrowdRig: Rig {
    private static let pioneers = 100
    private static let settling = Duration.seconds(1)

    private let server: Server
    private let bench: Bench
    private let shape: DocumentCrowdShape
    private let pioneers: DocumentCrowd

    init(_ bench: Bench, server: Server, _ shape: DocumentCrowdShape) async throws {
        self.server = server
        self.bench = bench
        self.shape = shape
        // What a server allocates once isn't counted.
        self.pioneers = try await DocumentCrowd(Self.pioneers, of: server, from: bench.client) {
            "early-\($0 % (Self.pioneers / 10))"
        }
        try await Self.edit(self.pioneers, documents: Self.pioneers / 10, times: 100, rate: bench.sizes.pacedRate)
    }

    func measure() async throws -> [Metric: Double] {
        try await Task.sleep(for: Self.settling)
        let before = ProcessUsage.of(self.server.process)
        let documents = self.shape.documents
        let crowd = try await DocumentCrowd(
            self.shape.connections,
            of: self.server,
            from: self.bench.client,
            log: DeliveryLog(readsStamps: true)
        ) { "crowd-\($0 % documents)" }
        do {
            let sample = try await self.sample(crowd, from: before)
            await crowd.close()
            return sample
        } catch {
            await crowd.close()
            throw error
        }
    }

    private func sample(_ crowd: DocumentCrowd, from before: ProcessUsage) async throws -> [Metric: Double] {
        try await Self.edit(
            crowd,
            documents: self.shape.documents,
            times: self.shape.updates,
            rate: self.bench.sizes.pacedRate
        )
        let latency = crowd.log.takeLatencies().percentile(0.99) ?? 0
        try await Task.sleep(for: Self.settling)
        try crowd.checkComplete()
        let grown = ProcessUsage.of(self.server.process).residentBytes - before.residentBytes
        return [.bytesEach: grown / Double(self.shape.connections), .latency: latency]
    }

    func tearDown() async { await self.pioneers.close() }

    /// Has the first member of each document edit it in turns.
    private static func edit(_ crowd: DocumentCrowd, documents: Int, times: Int, rate: Int) async throws {
        let (typists, members) = (Typists(documents), crowd.members)
        let readers = members.count / documents
        let order = (0..<documents).shuffled()
        try await crowd.receive(times * readers) {
            try await crowd.pace(times, rate: rate) { time in
                let document = order[time % documents]
                members[document].send(typists.next(document, LatencyStamp.now()))
            }
        }
    }
}

/// One client's updates, there and back.
private struct DocumentTripRig: Rig {
    private let crowd: DocumentCrowd
    private let typists = Typists(1)
    private let sizes: Sizes

    init(_ bench: Bench, server: Server) async throws {
        self.sizes = bench.sizes
        self.crowd = try await DocumentCrowd(
            1,
            of: server,
            from: bench.client,
            log: DeliveryLog(readsStamps: true)
        ) { _ in "bench" }
    }

    func measure() async throws -> [Metric: Double] {
        let times = self.sizes.pacedRate * self.sizes.pacedSeconds
        let (crowd, member, typists) = (self.crowd, self.crowd.members[0], self.typists)
        try await crowd.receive(times) {
            try await crowd.pace(times, rate: self.sizes.pacedRate) { _ in
                member.send(typists.next(0, LatencyStamp.now()))
            }
        }
        return [.tripTime: crowd.log.takeLatencies().percentile(0.5) ?? 0]
    }

    func tearDown() async { await self.crowd.close() }
}
