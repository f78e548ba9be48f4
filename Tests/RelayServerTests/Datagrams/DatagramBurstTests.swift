import NIOCore
import NIOPosix
import RelayDatagrams
import RelayWire
import Testing

@testable import RelayServer

/// Sockets that send and take many datagrams in one call of the system.
@Suite("Bursts of datagrams", .timeLimit(.minutes(1)))
struct DatagramBurstTests {
    @Test(
        "a run arrives as the datagrams that it was made of, whoever cuts it",
        arguments: [DatagramCutting.bySystem, .here]
    )
    func cutting(who: DatagramCutting) async throws {
        try await self.withSockets { sender, receiver in
            let sizes = [300, 300, 300, 300, 120]
            let (sent, received, cutting) = try await sender.eventLoop.submit {
                let (from, to) = try (#require(DatagramSocket(sender)), #require(DatagramSocket(receiver)))
                var run = DatagramRun()
                for (index, size) in sizes.enumerated() {
                    run.append(ByteBuffer(repeating: UInt8(index), count: size), channel: nil, payload: size)
                }
                var cutting = who
                let sent = from.send(run, to: to.bound, &cutting)
                return (sent, self.read(to), cutting)
            }.get()
            #expect(sent == sizes.count)
            #expect(cutting == who)
            #expect(received.map(\.bytes) == sizes.enumerated().map { ByteBuffer(repeating: UInt8($0), count: $1) })
            let source = sender.localAddress.flatMap { TransportAddress($0) }
            #expect(received.allSatisfy { $0.source == source && $0.peer == sender.localAddress })
        }
    }

    @Test("datagrams that are too long to be cut by the system leave one by one")
    func tooLong() async throws {
        try await self.withSockets { sender, receiver in
            let (sent, count) = try await sender.eventLoop.submit {
                let (from, to) = try (#require(DatagramSocket(sender)), #require(DatagramSocket(receiver)))
                // Out of bounds of a real run: a segment that is longer than any way takes it.
                var run = DatagramRun()
                for _ in 0..<2 { run.append(ByteBuffer(repeating: 1, count: 65_500 / 2), channel: nil, payload: 1) }
                var cutting = DatagramCutting.bySystem
                let sent = from.send(run, to: to.bound, &cutting)
                return (sent, self.read(to).count)
            }.get()
            #expect((sent, count) == (2, 2))
        }
    }

    @Test("what is held of one call of the system does not change by the next")
    func held() async throws {
        try await self.withSockets { sender, receiver in
            let texts = try await sender.eventLoop.submit {
                let (from, to) = try (#require(DatagramSocket(sender)), #require(DatagramSocket(receiver)))
                let intake = DatagramIntake(size: 64)
                var held: [ReceivedDatagram] = []
                for text in ["first", "second"] {
                    let peer = try #require(receiver.localAddress)
                    #expect(from.send(ByteBuffer(string: text), to: peer))
                    intake.read(to) { held.append($0) }
                }
                intake.read(to) { held.append($0) }
                return held.map { String(buffer: $0.bytes) }
            }.get()
            #expect(texts == ["first", "second"])
        }
    }

    @Test("a longer datagram is cut, and a burst is taken in parts")
    func bounds() async throws {
        try await self.withSockets { sender, receiver in
            let (first, rest) = try await sender.eventLoop.submit {
                let (from, to) = try (#require(DatagramSocket(sender)), #require(DatagramSocket(receiver)))
                let peer = try #require(receiver.localAddress)
                for _ in 0..<DatagramIntake.most + 3 {
                    #expect(from.send(ByteBuffer(repeating: 1, count: 100), to: peer))
                }
                return (self.read(to, size: 64), self.read(to, size: 64))
            }.get()
            #expect((first.count, rest.count) == (DatagramIntake.most, 3))
            #expect(first.allSatisfy { $0.bytes.readableBytes == 64 })
        }
    }

    @Test(
        "a burst to a socket for every address is answered from where each part was sent",
        arguments: ["0.0.0.0", "::"]
    )
    func destinations(host: String) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let responder = TestDatagramListener.responder(STUNExchange.onePort, perSecond: 0)
        let listener = try await DatagramListener.bind(
            [DatagramListener.Place(host: host, port: 0)],
            on: loop,
            port: TestDatagramListener.port(responder, on: loop)
        )
        let port = try #require(listener.addresses.first?.port)
        for called in ["127.0.0.1", "127.0.0.7"] {
            let target = try SocketAddress(ipAddress: called, port: port)
            let requests = (0..<40).map { _ in STUNExchange.request() }
            let (_, answers) = try await TestDatagramListener.exchange(requests, to: target, count: 40)
            for answer in answers {
                let origin = try STUNMessage(answer.data).address(.responseOrigin)
                #expect(origin == TransportAddress(target))
            }
        }
        await listener.close()
    }

    private func read(_ socket: DatagramSocket, size: Int = 1_000) -> [ReceivedDatagram] {
        var all: [ReceivedDatagram] = []
        DatagramIntake(size: size).read(socket) { all.append($0) }
        return all
    }

    /// Two sockets of one loop, whose channels read nothing.
    private func withSockets(_ body: (any Channel, any Channel) async throws -> Void) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let bootstrap = DatagramBootstrap(group: loop).channelOption(.autoRead, value: false)
        let sender = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        let receiver = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        try await body(sender, receiver)
        try await sender.close()
        try await receiver.close()
    }
}
