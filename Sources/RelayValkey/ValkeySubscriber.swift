public import NIOCore
import NIOSSL

/// Subscriptions to channels of one server, over a connection of their own that comes back by itself, with all of them.
///
/// Messages are at most once: what is published between `lost` and the next `subscribed` of a channel never comes. A server that
/// goes silent is given up after a few seconds (`subscriberPatience`).
public final class ValkeySubscriber: Sendable {
    public let address: ValkeyAddress
    private let loop: any EventLoop
    private let board: StateBoard
    private let core: NIOLoopBoundBox<SubscriberCore>

    /// Connects.
    ///
    /// - Parameters:
    ///   - loop: where everything happens. It is not the subscriber's: `close` has to be called before it ends.
    ///   - onChange: called on the loop after `state` has changed. Must not block.
    ///   - handler: called on the loop, for one event after the other. Must not block: what the server sends meanwhile waits, and a
    ///     server drops a subscriber that is far behind.
    /// - Throws: where the files for TLS can't be read.
    public convenience init(
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        loop: any EventLoop,
        onChange: @escaping @Sendable () -> Void = {},
        handler: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) throws {
        let tls = try configuration.tls?.makeContext()
        self.init(address, configuration, tls: tls, loop: loop, onChange: onChange, handler: handler)
    }

    init(
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        tls: NIOSSLContext?,
        loop: any EventLoop,
        onChange: @escaping @Sendable () -> Void,
        handler: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) {
        let board = StateBoard(.connecting(since: .now(), lastError: nil))
        let core = SubscriberCore(
            loop,
            address,
            configuration,
            tls: tls,
            board: board,
            onChange: onChange,
            tell: handler
        )
        self.address = address
        self.loop = loop
        self.board = board
        self.core = NIOLoopBoundBox.makeBoxSendingValue(core, eventLoop: loop)
        loop.execute { self.core.value.start() }
    }

    /// Whether the connection is up and answers. Cheap, from any thread.
    public var isConnected: Bool {
        self.board.isConnected
    }

    /// Cheap, from any thread.
    public var state: ValkeyState {
        self.board.current
    }

    /// Wants a channel from now on. `subscribed` tells when it has it; wanting it twice is wanting it once.
    public func subscribe(_ channel: ValkeyChannel) {
        self.onLoop { $0.subscribe(channel) }
    }

    /// No message of the channel is told after it, if called on the loop; else soon after.
    public func unsubscribe(_ channel: ValkeyChannel) {
        self.onLoop { $0.unsubscribe(channel) }
    }

    /// Closes the connection. Returns when it is gone; nothing is told afterwards.
    public func close() async {
        try? await self.end().get()
    }

    /// Begins to close the connection. If called on the loop, nothing is told from there on.
    ///
    /// - Returns: a future that is done when it is gone.
    @discardableResult
    func end() -> EventLoopFuture<Void> {
        guard !self.loop.inEventLoop else { return self.core.value.close() }
        return self.loop.flatSubmit { self.core.value.close() }
    }

    private func onLoop(_ body: @escaping @Sendable (SubscriberCore) -> Void) {
        guard !self.loop.inEventLoop else { return body(self.core.value) }
        self.loop.execute { body(self.core.value) }
    }
}
