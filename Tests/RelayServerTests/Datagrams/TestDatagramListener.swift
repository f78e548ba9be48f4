import NIOCore
import NIOPosix
import RelayWire
import Synchronization

@testable import RelayServer

/// The UDP service on two loopback addresses that no other test has, with two ports each.
struct TestDatagramListener {
    static let port = 7_000
    static let alternatePort = 7_001

    let host: String
    let alternateHost: String
    /// What had no answer, in order.
    let ignored: Ignored

    final class Ignored: Sendable {
        private let reasons = Mutex<[DatagramIgnored]>([])

        var all: [DatagramIgnored] { self.reasons.withLock { $0 } }

        func add(_ reason: DatagramIgnored) { self.reasons.withLock { $0.append(reason) } }
    }

    /// - Parameter perSecond: answers for a source.
    static func with(
        perSecond: Int = 0,
        _ body: (TestDatagramListener) async throws -> Void
    ) async throws {
        let network = UInt32(127) << 24 | UInt32.random(in: 1...0xFFFE) << 8
        let endpoints = STUNEndpoints(
            port: UInt16(Self.port),
            alternatePort: UInt16(Self.alternatePort),
            addresses: STUNEndpoints.Addresses(primary: .v4(network | 1), alternate: .v4(network | 2))
        )
        let service = TestDatagramListener(
            host: Self.text(network | 1),
            alternateHost: Self.text(network | 2),
            ignored: Ignored()
        )
        let responder = Self.responder(endpoints, perSecond: perSecond)
        let places = [service.host, service.alternateHost].flatMap { host in
            [Self.port, Self.alternatePort].map { DatagramListener.Place(host: host, port: $0) }
        }
        let ignored = service.ignored
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let port = try await Self.port(responder, on: loop) { outcome in
            if case .ignored(let reason) = outcome { ignored.add(reason) }
        }
        let listener = try await DatagramListener.bind(places, on: loop, port: port)
        do {
            try await body(service)
        } catch {
            await listener.close()
            throw error
        }
        await listener.close()
    }

    static func responder(_ endpoints: STUNEndpoints, perSecond: Int = 20) -> DatagramResponder {
        DatagramResponder(
            stun: STUNResponder(endpoints: endpoints),
            buckets: SourceBuckets(perSecond: perSecond),
            punches: PunchTokens(key: PunchTokenKey(secret: "a secret for tests")) { Timestamp(microseconds: 0) }
        )
    }

    static func port(
        _ responder: DatagramResponder,
        on loop: any EventLoop,
        observe: @escaping @Sendable (DatagramOutcome) -> Void = { _ in }
    ) async throws -> NIOLoopBound<DatagramPort> {
        try await loop.submit {
            NIOLoopBound(DatagramPort(responder: responder, observe: observe), eventLoop: loop)
        }.get()
    }

    private static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    /// Sends datagrams from a socket of its own, all to one place.
    ///
    /// - Parameter count: how many answers to wait for.
    static func exchange(
        _ requests: [ByteBuffer],
        to target: SocketAddress,
        from host: String = "127.0.0.1",
        count: Int
    ) async throws -> (local: SocketAddress?, answers: [AddressedEnvelope<ByteBuffer>]) {
        let client = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: host, port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        let local = client.channel.localAddress
        let answers = try await client.executeThenClose { inbound, outbound in
            for request in requests {
                try await outbound.write(AddressedEnvelope(remoteAddress: target, data: request))
            }
            var answers: [AddressedEnvelope<ByteBuffer>] = []
            for try await answer in inbound {
                answers.append(answer)
                if answers.count == count { break }
            }
            return answers
        }
        return (local, answers)
    }
}
