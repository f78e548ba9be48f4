import NIOCore
import NIOPosix
import RelayHTTP3
import RelayQUIC

/// A client's connection to a server of the tests, for tasks.
struct Line: Sendable {
    private let client: NIOLoopBound<RawClient>
    private let connection: NIOLoopBound<QUICConnection>
    private let loop: any EventLoop

    /// Runs `body` on a connection that is open.
    static func with(_ limits: HTTP3Limits = HTTP3Limits(), _ body: (Line) async throws -> Void) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let listener = try await EchoServer.start(limits, on: loop)
        let raw = try await loop.submit { NIOLoopBound(RawClient(), eventLoop: loop) }.get()
        var settings = QUICSettings(applicationProtocols: ["h3"])
        settings.unidirectionalStreams = 20
        guard let address = listener.address else { throw ChannelError.unknownLocalAddress }
        let client = try await QUICClient.connect(to: address, settings, trusting: .unchecked, on: loop) { raw.value }
        let line = Line(client: raw, connection: client.connection, loop: loop)
        let result = await Result {
            try await line.wait { $0.isOpen }
            try await body(line)
        }
        await client.close(code: 0x100)
        await listener.close(code: 0x100, reason: "")
        try result.get()
    }

    /// Opens a stream, and sends its first bytes.
    func open(_ bytes: ByteBuffer, isBidirectional: Bool = true, isLast: Bool = false) async throws -> UInt64 {
        try await self.loop.submit {
            try self.client.value.open(
                self.connection.value,
                isBidirectional: isBidirectional,
                bytes,
                isLast: isLast
            )
        }.get()
    }

    func write(_ bytes: ByteBuffer, isLast: Bool, on id: UInt64) async throws {
        try await self.loop.submit { self.client.value.write(bytes, isLast: isLast, on: id) }.get()
    }

    func send(datagram: ByteBuffer) async throws {
        _ = try await self.loop.submit { self.connection.value.send(datagram: datagram) }.get()
    }

    /// - Throws: where that does not come to be within 5 seconds.
    func wait(until isMet: @escaping @Sendable (RawClient) -> Bool) async throws {
        try await self.loop.flatSubmit { self.client.value.wait(on: self.loop, until: isMet) }.get()
    }

    /// What has come on a stream.
    func received(_ id: UInt64) async throws -> ByteBuffer {
        try await self.loop.submit { self.client.value.received[id] ?? ByteBuffer() }.get()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
