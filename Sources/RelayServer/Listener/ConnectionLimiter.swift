import Logging
import NIOCore
import RelayCore

/// Sits on the listening socket. Stops accepting while as many connections are open as may be, and refuses those of an address that has too
/// many or opens them too fast.
///
/// Those that come while the relay is full wait in the system's backlog, and beyond it are refused by the system. Lives on the listener's loop.
final class ConnectionLimiter: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    /// What is limited, and what is not.
    struct Limits: Sendable {
        /// Open connections of all addresses.
        var open: Int
        /// Read anew for each connection.
        var ofAddress: Adjustable<AddressTable.Limits>
        /// Addresses that stand for many clients, or for the machine itself.
        var exempt: [IPNetwork]
    }

    private let limits: Limits
    private let metrics: EdgeMetrics
    private let logger: Logger
    private var addresses: AddressTable
    private var refusals = RefusalLog()
    private var open = 0
    private var wantsRead = false
    private var context: ChannelHandlerContext?
    private let drained: EventLoopPromise<Void>
    private var isDraining = false

    /// - Parameter drained: completed once the listener has closed and its last connection is gone.
    init(limits: Limits, metrics: EdgeMetrics, logger: Logger, drained: EventLoopPromise<Void>) {
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.addresses = AddressTable(limits.ofAddress.current)
        self.drained = drained
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isDraining = true
        self.completeIfDrained()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = self.unwrapInboundIn(data)
        let address = self.limitedAddress(of: channel)
        self.addresses.limits = self.limits.ofAddress.current
        if let address, let reason = self.addresses.open(address, at: .now()) {
            channel.close(promise: nil)
            return self.refused(reason, context)
        }
        self.open += 1
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in bound.value.closed(address) }
        context.fireChannelRead(data)
    }

    /// - Returns: nil where no limit of an address holds.
    private func limitedAddress(of channel: any Channel) -> String? {
        guard let address = channel.remoteAddress?.ipAddress else { return nil }
        if self.limits.exempt.contains(where: { $0.contains(address) }) { return nil }
        return ClientAddress.key(address)
    }

    func read(context: ChannelHandlerContext) {
        guard self.open < self.limits.open else {
            self.wantsRead = true
            return self.refused(.relayFull, context)
        }
        context.read()
    }

    private func closed(_ address: String?) {
        self.open -= 1
        if let address { self.addresses.close(address) }
        self.completeIfDrained()
        guard self.wantsRead else { return }
        self.wantsRead = false
        self.context?.read()
    }

    private func completeIfDrained() {
        if self.isDraining, self.open == 0 { self.drained.succeed() }
    }

    // MARK: Telling

    private func refused(_ reason: ConnectionRefusal, _ context: ChannelHandlerContext) {
        self.metrics.refused(reason)
        self.act(self.refusals.note(reason, at: .now()), context.eventLoop)
    }

    private func act(_ action: RefusalLog.Action, _ eventLoop: any EventLoop) {
        switch action {
        case .nothing: break
        case .write(let counts):
            var metadata: Logger.Metadata = ["open": "\(self.open)"]
            for (reason, count) in counts { metadata[reason.rawValue] = "\(count)" }
            self.logger.warning("connections were refused or had to wait", metadata: metadata)
        case .wait(let time):
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: time) {
                let limiter = bound.value
                limiter.act(limiter.refusals.due(at: .now()), eventLoop)
            }
        }
    }
}
