import NIOCore
import RelayWire

/// Reads what comes to one UDP socket.
final class DatagramSocketHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let port: DatagramPort
    private let advertised: IPAddress?
    private let link: Int
    private var socket: DatagramSocket?

    /// - Parameter advertised: how clients address the socket; nil: as they did in each datagram.
    init(port: DatagramPort, advertised: IPAddress?) {
        self.port = port
        self.advertised = advertised
        self.link = port.newLink()
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let socket = DatagramSocket(context.channel) else { return }
        self.socket = socket
        self.port.opened(socket)
    }

    func channelInactive(context: ChannelHandlerContext) { self.port.closed(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        guard let socket, let source = TransportAddress(envelope.remoteAddress) else { return }
        let destination = envelope.metadata?.packetInfo.flatMap { TransportAddress($0.destinationAddress) }
        let arrival = self.arrival(envelope.data, source, destination?.address, socket)
        self.port.received(arrival, from: envelope.remoteAddress, by: socket, at: .now())
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard let socket else { return }
        let now = NIODeadline.now()
        self.port.receiveRest(of: socket) { datagram in
            let arrival = self.arrival(datagram.bytes, datagram.source, datagram.destination, socket)
            self.port.received(arrival, from: datagram.peer, by: socket, at: now)
        }
    }

    /// - Parameter destination: as the client addressed it, where the system tells it.
    private func arrival(
        _ bytes: ByteBuffer,
        _ source: TransportAddress,
        _ destination: IPAddress?,
        _ socket: DatagramSocket
    ) -> DatagramArrival {
        let bound = socket.bound
        let called = bound.address.isWildcard ? destination?.unmapped : nil
        let address = self.advertised ?? called ?? bound.address
        return DatagramArrival(
            bytes: bytes,
            source: source,
            local: TransportAddress(address, port: bound.port),
            link: self.link
        )
    }

    /// What the network says of one datagram ends nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
