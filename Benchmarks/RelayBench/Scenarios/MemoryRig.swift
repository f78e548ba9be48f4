/// Connections that do nothing, and what the server's memory grows by for each.
struct MemoryRig: Rig {
    /// Connected first, so that what a server allocates once isn't counted.
    private static let pioneers = 100
    private let server: Server
    private let settling: Duration
    private let count: Int
    private let connect: @Sendable (Int) async throws -> Crowd
    private let pioneers: Crowd

    /// - Parameters:
    ///   - settling: for what the server still has to do once the last request is sent; there is no answer to wait for.
    ///   - connect: makes that many connections.
    init(
        server: Server,
        count: Int,
        settling: Duration = .seconds(1),
        connect: @escaping @Sendable (Int) async throws -> Crowd
    ) async throws {
        self.server = server
        self.settling = settling
        self.count = count
        self.connect = connect
        self.pioneers = try await connect(Self.pioneers)
    }

    func measure() async throws -> [Metric: Double] {
        try await Task.sleep(for: self.settling)
        let before = ProcessUsage.of(self.server.process)
        let crowd = try await self.connect(self.count)
        try await Task.sleep(for: self.settling)
        let after = ProcessUsage.of(self.server.process)
        let isComplete = Result { try crowd.checkComplete() }
        await crowd.close()
        try isComplete.get()
        return [.bytesEach: (after.residentBytes - before.residentBytes) / Double(self.count)]
    }

    func tearDown() async {
        await self.pioneers.close()
    }
}
