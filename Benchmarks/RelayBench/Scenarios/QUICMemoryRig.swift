/// Peers that have shown their tickets to the QUIC relay and do nothing, and what the relay's memory grows by for each.
///
/// Their sessions are there before.
struct QUICMemoryRig: Rig {
    /// Connected first, so that what the relay allocates once isn't counted.
    private static let pioneers = 40
    /// One address begins 50 handshakes a second at most.
    private static let pace = Duration.milliseconds(25)
    private static let settling = Duration.seconds(2)

    private let port: QUICPort
    private let client: LoadClient
    private let tickets: ArraySlice<String>
    private let pioneers: [QUICPeer]

    init(_ bench: Bench, _ port: QUICPort, count: Int) async throws {
        self.port = port
        self.client = bench.client
        let sessions = try await SessionTickets((count + Self.pioneers + 1) / 2, of: port.server, from: bench.client)
        let tickets = sessions.all.flatMap { $0.tickets }
        self.pioneers = try await Self.enter(tickets.prefix(Self.pioneers), port, bench.client)
        self.tickets = tickets.dropFirst(Self.pioneers).prefix(count)
    }

    private static func enter(
        _ tickets: ArraySlice<String>,
        _ port: QUICPort,
        _ client: LoadClient
    ) async throws -> [QUICPeer] {
        var peers: [QUICPeer] = []
        do {
            for ticket in tickets {
                let moment = ContinuousClock.now + Self.pace
                peers.append(try await QUICPeer.enter(ticket, port: port.port, from: client))
                try await Task.sleep(until: moment)
            }
        } catch {
            for peer in peers { await peer.close() }
            throw error
        }
        return peers
    }

    func measure() async throws -> [Metric: Double] {
        try await Task.sleep(for: Self.settling)
        let before = ProcessUsage.of(self.port.server.process)
        let peers = try await Self.enter(self.tickets, self.port, self.client)
        try await Task.sleep(for: Self.settling)
        let after = ProcessUsage.of(self.port.server.process)
        for peer in peers { await peer.close() }
        return [.bytesEach: (after.residentBytes - before.residentBytes) / Double(peers.count)]
    }

    func tearDown() async {
        for peer in self.pioneers { await peer.close() }
    }
}
