import NIOCore
import RelayWire

/// Reads what comes to one relayed port.
final class RelayedSocketHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let relay: TURNRelay
    private let slot: Int

    init(relay: TURNRelay, slot: Int) {
        self.relay = relay
        self.slot = slot
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        guard let peer = TransportAddress(envelope.remoteAddress) else { return }
        self.relay.received(envelope.data, from: peer, at: self.slot, .now())
    }

    func channelReadComplete(context: ChannelHandlerContext) { self.relay.receiveRest(at: self.slot) }

    /// What the network says of one datagram ends nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
