import Foundation
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import ProgramFixture
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("STUN over TCP", .timeLimit(.minutes(1)))
struct STUNStreamTests {
    @Test("requests are answered one after another, in whatever pieces they come")
    func pieces() async throws {
        try await Self.with { connection in
            let request = STUNExchange.request { $0.addFingerprint() }
            var bytes = request
            bytes.writeImmutableBuffer(request)
            for size in [3, 30, 23] {
                let piece = bytes.readSlice(length: size)
                try await connection.channel.writeAndFlush(try #require(piece)).get()
            }
            for _ in 0..<2 {
                let answer = try await connection.message()
                #expect(answer.type == STUNMessageType(.binding, .success))
                #expect(
                    try answer.address(.xorMappedAddress)
                        == connection.channel.localAddress.flatMap { TransportAddress($0) }
                )
                #expect(answer.fingerprintIsRight)
            }
        }
    }

    @Test(
        "what can be no message ends the connection",
        arguments: [
            [0x80, 0, 0, 0], [0xFF], [0, 1, 0, 3, 0x21, 0x12, 0xA4, 0x42], [0, 1, 0xFF, 0xFC, 0x21, 0x12, 0xA4, 0x42],
            [0x40, 0, 0xFF, 0xFF], [0, 1, 0, 0, 1, 2, 3, 4],
        ] as [[UInt8]]
    )
    func garbage(bytes: [UInt8]) async throws {
        try await Self.with { connection in
            connection.send(ByteBuffer(bytes: bytes))
            #expect(await connection.take(1) == nil)
        }
    }

    @Test("one address has a quarter of the connections at most, and a refused one harms no other")
    func ofAddress() async throws {
        try await withRelayParts { parts, _, _ in
            let listener = try await Self.listener(parts, ofAddress: 2)
            let port = try #require(listener.address?.port)
            var connections: [RawConnection] = []
            for _ in 0..<2 { connections.append(try await RawConnection.open(port)) }
            let third = try await RawConnection.open(port)
            #expect(await third.take(1) == nil)
            connections[0].send(STUNExchange.request())
            #expect(try await connections[0].message().type == STUNMessageType(.binding, .success))
            for connection in connections { connection.disconnect() }
            await listener.close()
        }
    }

    // MARK: Support

    /// - Parameter body: gets a connection to a listener of its own.
    private static func with(_ body: (RawConnection) async throws -> Void) async throws {
        try await withRelayParts { parts, _, _ in
            let listener = try await Self.listener(parts, ofAddress: 10)
            let connection = try await RawConnection.open(try #require(listener.address?.port))
            try await body(connection)
            connection.disconnect()
            await listener.close()
        }
    }

    private static func listener(_ parts: RelayParts, ofAddress: Int) async throws -> STUNStreamListener {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await STUNStreamListener.bind(
            HostPort(host: "127.0.0.1", port: try await freePort()),
            on: loop,
            port: TestDatagramListener.port(TestDatagramListener.responder(STUNExchange.plain), on: loop),
            limits: ConnectionLimiter.Limits(
                open: 10,
                ofAddress: Adjustable(AddressTable.Limits(open: ofAddress, perSecond: 10)),
                exempt: []
            ),
            metrics: parts.services.metrics,
            logger: Logger(label: "tests")
        )
    }
}

extension RawConnection {
    /// The next message of STUN.
    fileprivate func message() async throws -> STUNMessage {
        let header = try #require(await self.take(STUNHeader.size))
        var bytes = header
        let attributes = Int(try STUNHeader(header).length)
        if attributes > 0 { bytes.writeImmutableBuffer(try #require(await self.take(attributes))) }
        return try STUNMessage(bytes)
    }
}

@Suite("The time that a message of STUN over TCP may take")
struct STUNStreamTimeTests {
    private static func channel() throws -> EmbeddedChannel {
        let port = DatagramPort(
            responder: DatagramResponder(
                stun: STUNResponder(endpoints: STUNExchange.plain),
                buckets: SourceBuckets(perSecond: 0),
                punches: PunchTokens(key: PunchTokenKey(secret: "a secret for tests")) { Timestamp(microseconds: 0) }
            )
        ) { _ in }
        let channel = EmbeddedChannel(handler: STUNStreamHandler(port: port))
        channel.localAddress = try SocketAddress(ipAddress: "192.0.2.10", port: 7_000)
        channel.remoteAddress = try SocketAddress(ipAddress: "198.51.100.7", port: 40_000)
        try channel.connect(to: try SocketAddress(ipAddress: "198.51.100.7", port: 40_000)).wait()
        return channel
    }

    @Test(
        "a trickle of bytes holds no place: a message is whole ten seconds after its first byte, or the connection ends"
    )
    func trickle() throws {
        let channel = try Self.channel()
        var request = STUNExchange.request()
        for _ in 0..<9 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            let byte = request.readSlice(length: 1) ?? ByteBuffer()
            try channel.writeInbound(byte)
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("each message has its own ten seconds, and silence between messages is no message")
    func whole() throws {
        let channel = try Self.channel()
        for _ in 0..<4 {
            var request = STUNExchange.request()
            let head = request.readSlice(length: 7) ?? ByteBuffer()
            try channel.writeInbound(head)
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            // The rest, and the begin of the next in the same read.
            var rest = request
            rest.writeImmutableBuffer(STUNExchange.request().getSlice(at: 0, length: 5) ?? ByteBuffer())
            try channel.writeInbound(rest)
            #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            try channel.writeInbound(STUNExchange.request().getSlice(at: 5, length: 15) ?? ByteBuffer())
            #expect(try channel.readOutbound(as: ByteBuffer.self) != nil)
            channel.embeddedEventLoop.advanceTime(by: .seconds(50))
            #expect(channel.isActive)
        }
        _ = try channel.finish()
    }
}
