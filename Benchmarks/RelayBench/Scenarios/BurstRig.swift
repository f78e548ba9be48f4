import NIOCore

/// Publishers that send the next request as soon as the last is answered.
struct BurstRig: Rig {
    private let servers: [ServerProcess]
    private let backend: ServerProcess?
    private let burst: PublishBurst
    private let request: ByteBuffer
    private let messagesPerRequest: Int
    private let seconds: Double

    /// - Parameters:
    ///   - others: more servers that take the same request; the publishers are spread evenly.
    ///   - overWebSockets: upgrades the connections before anything is measured; `request` is a frame then.
    ///   - backend: a server behind these, whose CPU time is measured for itself.
    init(
        _ bench: Bench,
        server: Server,
        others: [Server] = [],
        backend: ServerProcess? = nil,
        publishers: Int,
        overWebSockets: Bool = false,
        request: ByteBuffer,
        messagesPerRequest: Int = 1
    ) async throws {
        let servers = [server] + others
        self.servers = servers.map(\.process)
        self.backend = backend
        var connections: [RequestConnection] = []
        for server in servers {
            let opened = try await bench.client.open(publishers / servers.count, port: server.port)
            if overWebSockets {
                for connection in opened {
                    _ = try await connection.once(server.dialect.upgradeRequest).get()
                    _ = try await connection.once(server.dialect.quietSubscribeFrame).get()
                }
            }
            connections += opened
        }
        self.burst = PublishBurst(connections: connections)
        self.request = request
        self.messagesPerRequest = messagesPerRequest
        self.seconds = bench.sizes.burstSeconds
        // What a first request costs, and the server's caches, are no part of the figure.
        _ = try await self.burst.run(request, seconds: min(0.3, self.seconds))
    }

    func measure() async throws -> [Metric: Double] {
        let (before, backendBefore) = (Self.cpu(self.servers), Self.cpu([self.backend]))
        let outcome = try await self.burst.run(self.request, seconds: self.seconds)
        let (after, backendAfter) = (Self.cpu(self.servers), Self.cpu([self.backend]))
        let messages = Double(outcome.answered * self.messagesPerRequest)
        return [
            .cpuPerMessage: (after - before) / messages,
            .backendCPUPerMessage: (backendAfter - backendBefore) / messages,
            .rate: messages / outcome.seconds,
        ]
    }

    func tearDown() async {
        await self.burst.close()
    }

    /// Microseconds of all of them together.
    private static func cpu(_ processes: [ServerProcess?]) -> Double {
        processes.reduce(0) { sum, process in sum + (process.map { ProcessUsage.of($0).cpuMicroseconds } ?? 0) }
    }
}
