import NIOCore
import NIOSSL
import NIOTLS
import RelayCore

/// A connection while its TLS handshake is under way: bounded in time, and counted with what strangers make the relay hold. The handlers of
/// HTTP take its place when the handshake is complete.
final class Handshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// What a client may make the relay hold before the handshake is complete, bytes: a message of the handshake, and a record.
    static let room = 32 << 10

    private let services: HTTPServices
    private let http2: HTTP2Services?
    private var charge: MemoryCharge?
    private var context: ChannelHandlerContext?
    private var loop: DeliveryLoop?
    private var deadline = NIODeadline.distantFuture
    private var isOver = false
    var outstanding = Outstanding()

    private init(_ services: HTTPServices, _ http2: HTTP2Services?, _ charge: MemoryCharge) {
        self.services = services
        self.http2 = http2
        self.charge = charge
    }

    /// - Throws: where there is no room for it; the channel must be closed then.
    static func begin(
        on channel: any Channel,
        _ tls: NIOSSLContext,
        _ services: HTTPServices,
        _ http2: HTTP2Services?
    ) throws {
        guard let charge = services.memory.hold(self.room, in: .strangers) else {
            services.metrics.handshakeFailed(.noRoom)
            throw ChannelError.ioOnClosedChannel
        }
        let pipeline = channel.pipeline.syncOperations
        if let resting = services.loops[channel.eventLoop].current?.resting {
            try RestingTLS.add(NIOSSLServerHandler(context: tls), to: channel, resting)
        } else {
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        }
        try pipeline.addHandler(Handshake(services, http2, charge))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.opened(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.opened(context)
        context.fireChannelActive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        guard self.loop == nil, !self.isOver else { return }
        let loop = self.services.loops[context.eventLoop]
        self.loop = loop
        self.deadline = .now() + self.services.timeouts.header
        loop.current?.connections.add(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.failed(.refused)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
        self.context = nil
    }

    private func leave() {
        self.isOver = true
        self.charge = nil
        self.loop?.current?.connections.remove(self)
    }

    /// Counts the end of one that was not complete, once.
    private func failed(_ reason: HandshakeFailure) {
        guard !self.isOver else { return }
        self.services.metrics.handshakeFailed(reason)
        self.leave()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent, case .handshakeCompleted(let chosen) = event, !self.isOver else {
            return context.fireUserInboundEventTriggered(event)
        }
        self.leave()
        do {
            if chosen == "h2", let http2 = self.http2 {
                try HTTP2Connection.configure(context.channel, self.services, http2)
            } else {
                try Listener.configure(context.channel, self.services, isEncrypted: true)
            }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    /// What is wrong with a stranger's handshake is no news to the relay's log.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.failed(.refused)
        context.close(promise: nil)
    }
}

extension Handshake: LoopConnection {
    func tick(_ now: NIODeadline) -> NIODeadline {
        if now > self.deadline {
            self.failed(.late)
            self.context?.close(promise: nil)
        }
        return now
    }

    var facts: ConnectionFacts? { ConnectionFacts(.handshake) }

    var isEncrypted: Bool { true }

    func cutOff() { self.context?.close(promise: nil) }

    /// No request has been made on it.
    func shutDown() { self.cutOff() }

    var channel: (any Channel)? { self.context?.channel }
}
