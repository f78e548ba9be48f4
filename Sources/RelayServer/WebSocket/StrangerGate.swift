import NIOCore
import RelayCore

/// Sees the bytes of a client that has not said yet who it is, and lets through no more than a join takes.
///
/// All that it lets through is charged to the strangers' account, until the client has joined.
final class StrangerGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// The longest token with a full profile and as many candidates as may be, and some pings. In bytes.
    static let most = 32 << 10

    private var charge: MemoryCharge?
    private var left = StrangerGate.most
    private var context: ChannelHandlerContext?
    /// Called once, when there is too much.
    var onExcess: (() -> Void)?

    init(_ charge: MemoryCharge) {
        self.charge = charge
    }

    /// - Returns: nil where there is no room for what it may let through.
    convenience init?(in memory: MemoryLedger) {
        guard let charge = memory.hold(Self.most, in: .strangers) else { return nil }
        self.init(charge)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.charge = nil
        self.onExcess = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.charge != nil else { return context.fireChannelRead(data) }
        self.left -= self.unwrapInboundIn(data).readableBytes
        guard self.left >= 0 else { return self.onExcess.take()?() ?? () }
        context.fireChannelRead(data)
    }

    /// The client is nobody strange any more.
    func lift() {
        self.charge = nil
        self.onExcess = nil
        guard let context = self.context else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
