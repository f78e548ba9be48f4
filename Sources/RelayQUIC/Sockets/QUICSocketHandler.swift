import NIOCore
import RelayDatagrams

/// Reads what comes to one UDP socket. The channel takes what comes first, and what has come behind it is taken past
/// it.
final class QUICSocketHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let endpoint: QUICEndpoint
    private let port: UDPPort
    private let intake: UDPIntake
    private var socket: UDPSocket?
    private var local: PeerAddress?

    init(endpoint: QUICEndpoint, port: UDPPort, intake: UDPIntake) {
        self.endpoint = endpoint
        self.port = port
        self.intake = intake
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let socket = UDPSocket(context.channel),
            let local = context.channel.localAddress.flatMap({ PeerAddress($0) })
        else { return }
        self.socket = socket
        self.local = local
        self.port.opened(socket, at: local)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.port.closed(context.channel)
        self.socket = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        guard let local, let remote = PeerAddress(envelope.remoteAddress) else { return }
        self.endpoint.turn {
            unsafe envelope.data.withUnsafeReadableBytes { bytes in
                unsafe UDPIntake.split(bytes, each: envelope.metadata?.segmentSize ?? bytes.count) {
                    unsafe self.endpoint.receive($0, on: Transport.Path(local: local, remote: remote))
                }
            }
            guard let socket else { return }
            unsafe self.intake.read(socket) { bytes, remote in
                unsafe self.endpoint.receive(bytes, on: Transport.Path(local: local, remote: remote))
            }
        }
    }

    /// What the network says of one datagram ends nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
