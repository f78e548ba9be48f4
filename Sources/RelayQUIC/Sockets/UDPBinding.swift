import Glibc
import NIOCore
import NIOPosix

/// Binds the sockets of QUIC.
enum UDPBinding {
    /// What waits for the loop, and for the network, bytes. The system gives as much of it as its own limit allows.
    private static let buffer = 4 << 20

    static func resolve(_ host: String, port: Int) throws(QUICProblem) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw .address("\(error)")
        }
    }

    /// - Parameters:
    ///   - isShared: whether others that are shared may be bound there, too; the system chooses among them by the addresses of a packet.
    ///   - handler: made on the loop.
    static func bind(
        to address: SocketAddress,
        isShared: Bool,
        on loop: any EventLoop,
        handler: @escaping @Sendable () -> QUICSocketHandler
    ) async throws(QUICProblem) -> any Channel {
        let buffers = FixedSizeRecvByteBufferAllocator(capacity: UDPIntake.size)
        var bootstrap = DatagramBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: buffers)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.buffer)
            .channelOption(.socketOption(.so_sndbuf), value: Self.buffer)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
        // Datagrams that have come one right behind the other from one source are one to the system, and to us, on their whole way here.
        if System.supportsUDPReceiveOffload {
            bootstrap = bootstrap.channelOption(.datagramReceiveOffload, value: true)
                .channelOption(.datagramReceiveSegmentSize, value: true)
        }
        if isShared { bootstrap = bootstrap.channelOption(Self.shared, value: 1) }
        do {
            return try await bootstrap.bind(to: address).get()
        } catch {
            throw .address("\(error)")
        }
    }

    /// Lets others be bound where this one is, from now on.
    static func share(_ channel: any Channel) async throws(QUICProblem) {
        do {
            try await channel.setOption(Self.shared, value: 1).get()
        } catch {
            throw .address("\(error)")
        }
    }

    private static var shared: ChannelOptions.Types.SocketOption {
        .init(level: .socket, name: .init(rawValue: SO_REUSEPORT))
    }
}
