import NIOCore
import NIOPosix
import QUICFixture
import RelayQUIC
import Testing

@Suite("QUIC on loopback", .enabled(if: QUICLibrary.absence == nil), .timeLimit(.minutes(1)))
struct LiveTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    private static let name = "pulsar-relay/2"

    private static func listen(loops: Int, host: String = "127.0.0.1") async throws -> QUICListener {
        let configuration = QUICListener.Configuration(
            settings: QUICSettings(applicationProtocols: [Self.name]),
            certificate: try TestCertificate.make()
        )
        let all = (0..<loops).map { _ in Self.group.next() }
        return try await QUICListener.bind(host: host, port: 0, configuration, on: all) { _ in EchoHandler() }
    }

    /// A client, and its handler's promises.
    private struct Caller {
        let client: QUICClient
        let loop: any EventLoop
        let opened: EventLoopFuture<Void>
        let ended: EventLoopFuture<QUICEnd>
        let datagram: EventLoopFuture<ByteBuffer>
    }

    private static func call(_ listener: QUICListener) async throws -> Caller {
        let loop = Self.group.next()
        let handler = try await loop.submit { NIOLoopBound(LiveClientHandler(on: loop), eventLoop: loop) }.get()
        let client = try await QUICClient.connect(
            to: try #require(listener.address),
            QUICSettings(applicationProtocols: [Self.name]),
            trusting: .certificates([TestCertificate.digest]),
            on: loop
        ) { handler.value }
        let futures = try await loop.submit {
            (handler.value.opened.futureResult, handler.value.ended.futureResult, handler.value.datagram.futureResult)
        }.get()
        return Caller(client: client, loop: loop, opened: futures.0, ended: futures.1, datagram: futures.2)
    }

    private static func echo(_ bytes: ByteBuffer, by caller: Caller) async throws -> ByteBuffer {
        try await caller.loop.flatSubmit {
            let handler = LiveStreamHandler(on: caller.loop)
            do {
                let stream = try caller.client.connection.value.openStream(handler)
                stream.write(bytes, isLast: true)
                return handler.complete.futureResult
            } catch {
                return caller.loop.makeFailedFuture(error)
            }
        }.get()
    }

    @Test("several clients exchange bytes and datagrams with a listener", arguments: [1, 2])
    func exchange(loops: Int) async throws {
        let listener = try await Self.listen(loops: loops)
        let content = ByteBuffer(repeating: 0x5A, count: 1 << 20)
        var callers: [Caller] = []
        for _ in 0..<6 { callers.append(try await Self.call(listener)) }
        for caller in callers {
            try await caller.opened.get()
            #expect(try await Self.echo(content, by: caller) == content)
            try await caller.loop.submit {
                _ = caller.client.connection.value.send(datagram: ByteBuffer(string: "now or never"))
            }.get()
            #expect(try await caller.datagram.get() == ByteBuffer(string: "now or never"))
        }
        let counts = listener.counts
        #expect(counts.accepted == 6 && counts.connections == 6 && counts.memory > 0)
        await listener.close(code: 3, reason: "the end")
        for caller in callers {
            #expect(try await caller.ended.get() == .application(code: 3, reason: "the end", by: .peer))
            await caller.client.close(code: 0)
        }
        #expect(listener.counts.connections == 0 && listener.counts.memory == 0)
    }

    @Test("a client goes on from another port, whichever of the listener's sockets that leads to", arguments: [1, 2])
    func migration(loops: Int) async throws {
        let listener = try await Self.listen(loops: loops)
        let caller = try await Self.call(listener)
        try await caller.opened.get()
        for round in 0..<4 {
            let content = ByteBuffer(repeating: UInt8(round), count: 50_000)
            #expect(try await Self.echo(content, by: caller) == content)
            try await Task.sleep(for: .milliseconds(50))
            try await caller.client.migrate()
            #expect(try await Self.echo(content, by: caller) == content)
        }
        await caller.client.close(code: 0)
        await listener.close(code: 0, reason: "")
    }

    @Test("a certificate is replaced while the listener runs, and a closed listener takes nobody")
    func replacing() async throws {
        let listener = try await Self.listen(loops: 1)
        let first = try await Self.call(listener)
        try await first.opened.get()
        listener.use(try TestCertificate.make())
        let second = try await Self.call(listener)
        try await second.opened.get()
        listener.stopAccepting()
        let late = try await Self.call(listener)
        #expect(try await late.ended.get() == .transport(code: QUICEnd.refused, reason: "", by: .peer))
        #expect(try await Self.echo(ByteBuffer(string: "still here"), by: first) == ByteBuffer(string: "still here"))
        for caller in [first, second, late] { await caller.client.close(code: 0) }
        await listener.close(code: 0, reason: "")
    }

    @Test("IPv6 works as IPv4 does")
    func addressFamilies() async throws {
        let listener = try await Self.listen(loops: 1, host: "::1")
        let caller = try await Self.call(listener)
        try await caller.opened.get()
        #expect(try await Self.echo(ByteBuffer(string: "six"), by: caller) == ByteBuffer(string: "six"))
        await caller.client.close(code: 0)
        await listener.close(code: 0, reason: "")
    }

    @Test("an address that is taken or not this machine's is told, by one socket or two", arguments: [1, 2], [1, 2])
    func refusedAddress(first: Int, second: Int) async throws {
        let listener = try await Self.listen(loops: first)
        let port = try #require(listener.address?.port)
        let configuration = QUICListener.Configuration(
            settings: QUICSettings(applicationProtocols: [Self.name]),
            certificate: try TestCertificate.make()
        )
        for (host, port) in [("127.0.0.1", port), ("192.0.2.1", 0)] {
            await #expect(throws: QUICProblem.self) {
                let loops = (0..<second).map { _ in Self.group.next() }
                _ = try await QUICListener.bind(host: host, port: port, configuration, on: loops) { _ in nil }
            }
        }
        await listener.close(code: 0, reason: "")
    }
}

@Suite("QUIC that is not in")
struct AbsenceTests {
    @Test("a build without the library says so, and one with it names its version")
    func absence() {
        #expect((QUICLibrary.version == nil) == (QUICLibrary.absence != nil))
        guard let absence = QUICLibrary.absence else { return }
        #expect(throws: QUICProblem.notBuiltIn(absence)) {
            try TestCertificate.make()
        }
    }
}
