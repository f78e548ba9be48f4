import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayAccess
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("What is said over a WebSocket, besides the messages of /ws", .timeLimit(.minutes(1)))
struct WebSocketDialectTests {
    @Test("a binary dialect has whole messages one after another, also while the one before it waits")
    func binary() async throws {
        try await Self.withEcho { port in
            let socket = try await TestWebSocket(port: port, "/echo")
            socket.send(0x82, ByteBuffer(bytes: [1]))
            socket.send(0x02, ByteBuffer(bytes: [2]))
            socket.send(0x89, ByteBuffer(string: "ping"))
            socket.send(0x80, ByteBuffer(bytes: [3]))
            socket.send(text: "four")
            let frames = [await socket.next(), await socket.next(), await socket.next(), await socket.next()]
            // The ping is answered at once; the messages come one by one.
            let pings = frames.compactMap(\.self).filter { $0.opcode == 0xA }
            #expect(pings.map(\.text) == ["ping"])
            let echoes = frames.compactMap(\.self).filter { $0.opcode == 0x2 }
            #expect(
                echoes.map(\.payload) == [
                    ByteBuffer(bytes: [1]), ByteBuffer(bytes: [2, 3]), ByteBuffer(string: "four"),
                ]
            )
            socket.send(0x88, ByteBuffer(bytes: [0x03, 0xE8]))
            #expect(await socket.untilClosed().map(\.closeCode) == [1_000])
        }
    }

    @Test("a relay that stops answers what is under way, begins nothing more, and closes with 1001")
    func goingAway() async throws {
        try await Self.withEcho { port in
            let socket = try await TestWebSocket(port: port, "/echo")
            socket.send(text: "stop")
            socket.send(text: "later")
            let frames = [await socket.next(), await socket.next()]
            socket.connection.disconnect()
            #expect(frames[0]?.text == "stop")
            #expect(frames[1]?.closeCode == 1_001)
        }
    }

    @Test("who does not begin to use a WebSocket is told so in the dialect's words")
    func idle() async throws {
        try await Self.withEcho(idleLimit: .milliseconds(10)) { port in
            let socket = try await TestWebSocket(port: port, "/echo")
            let end = await socket.next()
            socket.connection.disconnect()
            #expect(end?.closeCode == 1_011)
            #expect(end.map { String($0.text.dropFirst(2)) } == "Nothing was echoed")
        }
    }

    /// A relay with one more WebSocket route.
    private static func withEcho(
        idleLimit: TimeAmount = .seconds(60),
        _ body: (Int) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
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
        let echo = EchoRoute(
            WebSocketServices(
                lane: parts.lane,
                memory: parts.services.memory,
                metrics: parts.services.metrics,
                places: ConnectionQuota(maxPerUser: 1),
                maxMessageBytes: 1_024,
                idleLimit: Adjustable(idleLimit)
            )
        )
        let services = HTTPServices(
            routes: Routes(entries: [.init(.GET, "/echo", echo)], others: parts.services.routes.others),
            gate: parts.services.gate,
            loops: parts.loops,
            lane: parts.lane,
            timeouts: parts.services.timeouts,
            maxBodyBytes: 1_024,
            memory: parts.services.memory,
            metrics: parts.services.metrics,
            logger: parts.services.logger
        )
        let listener = try await Listener.bind(configuration.server, on: group, services: services)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await parts.lane.run() }
            await #expect(throws: Never.self) { try await body(#require(listener.channel.localAddress?.port)) }
            try? await listener.channel.close()
            try? await listener.drained.get()
            parts.lane.close()
        }
        try await parts.loops.stop()
        await hasher.shutdown()
        try await group.shutdownGracefully()
    }
}

private final class EchoRoute: Route {
    private let sockets: WebSocketServices

    init(_ sockets: WebSocketServices) {
        self.sockets = sockets
    }

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            self.sockets.upgrade(exchange, headers, of: UserID("echo")) { EchoDialect() }
        }
    }
}

/// Sends back every message as a binary one, after a detour through the task lane.
private final class EchoDialect: WebSocketDialect {
    private var connection: WebSocketConnection?
    private var hasEchoed = false

    var facts: ConnectionFacts? { nil }

    func opened(_ connection: WebSocketConnection) { self.connection = connection }

    func received(text: ByteBuffer) {
        self.received(binary: text)
        if text == ByteBuffer(string: "stop") { self.connection?.shutDown() }
    }

    func received(binary: ByteBuffer) {
        self.connection?.suspend {
            await Task.yield()
            return binary
        } then: { (message: ByteBuffer) in
            self.hasEchoed = true
            var frame = ByteBuffer()
            WebSocketFraming.write(.binary, message, into: &frame)
            self.connection?.send(frame)
        }
    }

    func drained() {}

    func closed() { self.connection = nil }

    var idleReason: String? { self.hasEchoed ? nil : "Nothing was echoed" }
}
