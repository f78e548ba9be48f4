import NIOCore
import RelayQUIC

/// Bytes from one peer to the other, on one stream of a tunnel.
struct QUICTunnelRig: Rig {
    private let server: Server
    private let bytes: Int
    private let near: QUICPeer
    private let far: QUICPeer
    private let source: NIOLoopBound<QUICSource>
    private let drain: NIOLoopBound<QUICDrain>

    init(_ bench: Bench, _ port: QUICPort, bytes: Int) async throws {
        self.server = port.server
        self.bytes = bytes
        let tickets = try await SessionTickets(1, of: port.server, from: bench.client).all[0].tickets
        // The far end's, whose loop may be another.
        let (drains, sink) = AsyncStream<NIOLoopBound<QUICDrain>>.makeStream()
        self.near = try await QUICPeer.enter(tickets[0], port: port.port, from: bench.client)
        self.far = try await QUICPeer.enter(tickets[1], port: port.port, from: bench.client) { stream in
            let drain = QUICDrain()
            sink.yield(NIOLoopBound(drain, eventLoop: stream.connection.eventLoop))
            return drain
        }
        let tunnel: UInt8 = 1
        try await self.near.bind(to: "b", as: tunnel)
        let loop = self.near.call.loop
        self.source = try await self.near.call.onLoop { connection in
            let source = QUICSource()
            source.begin(try connection.openStream(source), with: ByteBuffer(bytes: [tunnel]))
            return NIOLoopBound(source, eventLoop: loop)
        }
        var found = drains.makeAsyncIterator()
        guard let drain = await found.next() else { throw LoadError.connectionClosed }
        self.drain = drain
        // The buffers that a stream needs are no growth, nor is the beginning slow.
        try await self.carry(min(bytes, QUICFetchRig.warmUp))
    }

    func measure() async throws -> [Metric: Double] {
        try await QUICFetchRig.measure(self.server, bytes: self.bytes) { try await self.carry(self.bytes) }
    }

    private func carry(_ bytes: Int) async throws {
        let (source, drain) = (self.source, self.drain)
        let done = drain.eventLoop.makePromise(of: Void.self)
        drain.eventLoop.execute { drain.value.expect(bytes, done) }
        source.eventLoop.execute { source.value.send(bytes) }
        try await done.futureResult.get()
    }

    func tearDown() async {
        await self.near.close()
        await self.far.close()
    }
}

/// As many bytes from a server of HTTP/3, as one answer to one request.
struct QUICFetchRig: Rig {
    static let warmUp = 32 << 20

    private let server: Server
    private let bytes: Int
    private let fetch: HTTP3Fetch

    init(_ bench: Bench, _ server: Server, bytes: Int) async throws {
        self.server = server
        self.bytes = bytes
        self.fetch = try await HTTP3Fetch(port: server.port, from: bench.client)
        let first = min(bytes, Self.warmUp)
        try await self.fetch.get("/\(first)", bytes: first)
    }

    func measure() async throws -> [Metric: Double] {
        try await Self.measure(self.server, bytes: self.bytes) {
            try await self.fetch.get("/\(self.bytes)", bytes: self.bytes)
        }
    }

    /// What it costs a server that so many bytes go through it.
    static func measure(_ server: Server, bytes: Int, _ carry: () async throws -> Void) async throws -> [Metric: Double]
    {
        let before = ProcessUsage.of(server.process)
        try await carry()
        let after = ProcessUsage.of(server.process)
        return [
            .cpuPerMebibyte: (after.cpuMicroseconds - before.cpuMicroseconds) / (Double(bytes) / 1_048_576),
            .growth: after.residentBytes - before.residentBytes,
        ]
    }

    func tearDown() async { await self.fetch.close() }
}
