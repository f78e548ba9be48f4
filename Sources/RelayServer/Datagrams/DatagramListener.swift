import NIOCore
import NIOPosix
import RelayWire

/// The UDP sockets of the port for STUN: one for each address and port that it answers from.
struct DatagramListener: Sendable {
    /// A socket to open. Where the machine has several addresses, each needs one of its own: from a socket for every address the system
    /// chooses the address that answers leave from, and a client hears only the one that it asked.
    struct Place: Sendable {
        var host: String
        var port: Int
        /// How clients address the socket, where that is not as it is bound: behind a NAT. Nil: as they did in each datagram.
        var advertised: IPAddress?
    }

    /// What a channel takes for each time that there is something. What has come behind it is taken by ``DatagramIntake``.
    static let datagramsPerRead: UInt = 1
    static let maximumDatagram = DatagramArrival.maximumSize
    /// What waits for the loop, bytes. The system gives as much of it as its own limit allows.
    private static let receiveBuffer = 1 << 20

    private let channels: [any Channel]

    /// Where the sockets are bound, in the order of the places.
    var addresses: [SocketAddress] { self.channels.compactMap(\.localAddress) }

    /// - Parameter loop: the port's, which has all of its sockets, so that they share what is known of a source.
    /// - Throws: where an address can't be bound. Then none stays open.
    static func bind(
        _ places: [Place],
        on loop: any EventLoop,
        port: NIOLoopBound<DatagramPort>
    ) async throws(BindFailure) -> DatagramListener {
        var channels: [any Channel] = []
        for place in places {
            do {
                channels.append(try await Self.bind(place, port, loop))
            } catch {
                for channel in channels { try? await channel.close() }
                throw BindFailure(host: place.host, port: place.port, cause: error)
            }
        }
        return DatagramListener(channels: channels)
    }

    /// Returns when all sockets are closed.
    func close() async {
        for channel in self.channels { try? await channel.close() }
    }

    private static func bind(
        _ place: Place,
        _ port: NIOLoopBound<DatagramPort>,
        _ loop: any EventLoop
    ) async throws -> any Channel {
        let address = try SocketAddress.makeAddressResolvingHost(place.host, port: place.port)
        let buffers = FixedSizeRecvByteBufferAllocator(capacity: Self.maximumDatagram)
        // Costs memory for each datagram, and is known where the socket has one address.
        let asksDestination = place.advertised == nil && TransportAddress(address)?.address.isWildcard ?? false
        return try await DatagramBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: Self.datagramsPerRead)
            .channelOption(.recvAllocator, value: buffers)
            .channelOption(.receivePacketInfo, value: asksDestination)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.receiveBuffer)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = DatagramSocketHandler(port: port.value, advertised: place.advertised)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(to: address)
            .get()
    }
}
