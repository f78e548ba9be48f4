import NIOCore
import NIOPosix
import RelayWire

/// The relay's UDP sockets: one for each address and port that it answers from.
struct DatagramListener: Sendable {
    /// A socket to open. Where the machine has several addresses, each needs one of its own: from a socket for every address the system
    /// chooses the address that answers leave from, and a client hears only the one that it asked.
    struct Place: Sendable {
        var host: String
        var port: Int
        /// How clients address the socket, where that is not as it is bound: behind a NAT. Nil: as they did in each datagram.
        var advertised: IPAddress?
    }

    private let channels: [any Channel]

    /// Where the sockets are bound, in the order of the places.
    var addresses: [SocketAddress] { self.channels.compactMap(\.localAddress) }

    /// - Parameters:
    ///   - loop: has all of the sockets, so that they share what is known of a source.
    ///   - ignored: told, on the loop, of each datagram that has no answer.
    /// - Throws: what the system says if an address can't be bound. Then none stays open.
    static func bind(
        _ places: [Place],
        on loop: any EventLoop,
        responder: DatagramResponder,
        ignored: @escaping @Sendable (DatagramIgnored) -> Void
    ) async throws -> DatagramListener {
        let port = try await loop.submit {
            NIOLoopBound(DatagramPort(responder: responder, ignored: ignored), eventLoop: loop)
        }.get()
        var channels: [any Channel] = []
        do {
            for place in places { channels.append(try await Self.bind(place, port, loop)) }
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        return DatagramListener(channels: channels)
    }

    /// Returns when all sockets are closed.
    func close() async {
        for channel in self.channels { try? await channel.close() }
    }

    /// Datagrams that are read in one call of the system.
    private static let datagramsPerRead = 32
    /// Longer datagrams are cut, and so taken for none: a request on this port has no reason to be longer than a frame.
    private static let maximumDatagram = 2_048

    private static func bind(
        _ place: Place,
        _ port: NIOLoopBound<DatagramPort>,
        _ loop: any EventLoop
    ) async throws -> any Channel {
        let buffers = FixedSizeRecvByteBufferAllocator(capacity: Self.datagramsPerRead * Self.maximumDatagram)
        return try await DatagramBootstrap(group: loop)
            .channelOption(.datagramVectorReadMessageCount, value: Self.datagramsPerRead)
            .channelOption(.recvAllocator, value: buffers)
            .channelOption(.receivePacketInfo, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = DatagramSocketHandler(port: port.value, advertised: place.advertised)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: place.host, port: place.port)
            .get()
    }
}
