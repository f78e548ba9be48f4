import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayAccess
import RelayCore
import RelayMetrics
import RelayTunnels
import Synchronization
import Testing

@testable import RelayServer

/// A relay with a route that opens any end of any tunnel, for whoever asks: `/tunnel?name=NAME&side=opener`.
struct TunnelFixture: Sendable {
    let port: Int
    let services: TunnelServices
    let memory: MemoryLedger
    fileprivate let ends: OpenEnds

    static func with(
        window: Int = 256 << 10,
        patience: TimeAmount = .seconds(60),
        bandwidth: BandwidthLimit? = nil,
        threads: Int = 2,
        _ body: @Sendable (TunnelFixture) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let configuration = RelayConfiguration.forTests
        let hasher = PasswordHasher()
        let parts = try await RelayParts(
            configuration: configuration,
            store: try await configuration.openStore(on: group),
            hasher: hasher,
            secret: Secret("0123456789abcdef0123456789abcdef"),
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let registry = PrometheusRegistry(descriptions: RelayMetric.descriptions(maxTopics: 0))
        let tunnels = TunnelServices(
            memory: parts.services.memory,
            metrics: PathMetrics(factory: PrometheusMetricsFactory(registry: registry)),
            window: window,
            patience: patience
        )
        let ends = OpenEnds()
        let route = OpenTunnelRoute(Self.sockets(parts), tunnels, bandwidth.map { SharedBandwidth($0) }, ends)
        let listener = try await Listener.bind(
            configuration.server,
            on: group,
            services: Self.services(parts, Routes.Entry(.GET, "/tunnel", route))
        )
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await parts.lane.run() }
            await #expect(throws: Never.self) {
                let port = try #require(listener.channel.localAddress?.port)
                try await body(TunnelFixture(port: port, services: tunnels, memory: parts.services.memory, ends: ends))
            }
            try? await listener.channel.close()
            parts.loops.shutDownConnections()
            try? await listener.drained.get()
            parts.lane.close()
        }
        // Whatever ended, everything was given back.
        #expect(tunnels.count == 0)
        #expect(parts.services.memory.bytes(in: .answers) == 0)
        try await parts.loops.stop()
        await hasher.shutdown()
        try await group.shutdownGracefully()
    }

    private static func sockets(_ parts: RelayParts) -> WebSocketServices {
        WebSocketServices(
            lane: parts.lane,
            memory: parts.services.memory,
            metrics: parts.services.metrics,
            places: ConnectionQuota(maxPerUser: 1_000),
            maxMessageBytes: 1_024,
            idleLimit: Adjustable(.seconds(60))
        )
    }

    private static func services(_ parts: RelayParts, _ entry: Routes.Entry) -> HTTPServices {
        HTTPServices(
            routes: Routes(entries: [entry], others: parts.services.routes.others),
            gate: parts.services.gate,
            loops: parts.loops,
            lane: parts.lane,
            timeouts: parts.services.timeouts,
            maxBodyBytes: 1_024,
            memory: parts.services.memory,
            metrics: parts.services.metrics,
            logger: parts.services.logger
        )
    }

    /// Bytes that an end has from its client, and has not sent on.
    func held(_ side: String, _ name: String = "t") async throws -> Int {
        let end = try #require(self.ends[name, side])
        let promise = end.eventLoop.makePromise(of: Int.self)
        end.tell { promise.succeed($0.held) }
        return try await promise.futureResult.get()
    }

    func open(_ side: String, _ name: String = "t", reads: Bool = true) async throws -> TestWebSocket {
        try await TestWebSocket(port: self.port, "/tunnel?name=\(name)&side=\(side)", reads: reads)
    }
}

/// The end that was opened last of each side of each tunnel.
private final class OpenEnds: Sendable {
    private let ends = Mutex<[String: TunnelEndReference]>([:])

    subscript(_ name: String, _ side: String) -> TunnelEndReference? {
        get { self.ends.withLock { $0["\(name)/\(side)"] } }
        set { self.ends.withLock { $0["\(name)/\(side)"] = newValue } }
    }
}

private final class OpenTunnelRoute: Route {
    private let sockets: WebSocketServices
    private let tunnels: TunnelServices
    private let bandwidth: SharedBandwidth?
    private let ends: OpenEnds

    init(_ sockets: WebSocketServices, _ tunnels: TunnelServices, _ bandwidth: SharedBandwidth?, _ ends: OpenEnds) {
        self.sockets = sockets
        self.tunnels = tunnels
        self.bandwidth = bandwidth
        self.ends = ends
    }

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            let query = QueryItems(exchange.query)
            let grant = TunnelGrant(
                tunnel: query.first("name") ?? "",
                side: query.first("side") == "opener" ? .opener : .target,
                bandwidth: self.bandwidth,
                way: .direct
            )
            self.sockets.upgrade(exchange, headers, of: UserID("anybody")) {
                let loop = exchange.loop.eventLoop
                let end = TunnelEnd(grant, services: self.tunnels, eventLoop: loop, watch: nil)
                self.ends[query.first("name") ?? "", query.first("side") ?? ""] = TunnelEndReference(end, on: loop)
                return end
            }
        }
    }
}

extension TestWebSocket {
    /// A frame as a program sends it that has much to send: masked by a key of zeros, which changes nothing.
    static func plainFrame(_ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeMultipleIntegers(UInt8(0x82), UInt8(0xFF), UInt64(payload.readableBytes), UInt32(0))
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// Takes the bytes of frames until there are so many, or the relay closes.
    func bytes(_ count: Int) async -> ByteBuffer {
        var bytes = ByteBuffer()
        while bytes.readableBytes < count, let frame = await self.next(), frame.opcode != 8 {
            if frame.opcode == 2 { bytes.writeImmutableBuffer(frame.payload) }
        }
        return bytes
    }
}
