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
        let bound = socket.bound
        let called = envelope.metadata?.packetInfo.flatMap { TransportAddress($0.destinationAddress) }
        let address = self.advertised ?? (bound.address.isWildcard ? called?.address.unmapped : nil) ?? bound.address
        let arrival = DatagramArrival(
            bytes: envelope.data,
            source: source,
            local: TransportAddress(address, port: bound.port),
            link: self.link
        )
        self.port.received(arrival, from: envelope.remoteAddress, by: socket, at: .now())
    }

    /// What the network says of one datagram ends nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
