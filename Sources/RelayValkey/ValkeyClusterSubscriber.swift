public import NIOCore

/// Subscriptions to channels of a cluster, each at the master of the slot of its channel's name, plain ones as well. A connection to each
/// master in use; a channel moves with its slot.
///
/// Messages are at most once: what is published between `interrupted` and the next `subscribed` of a channel never
/// comes. While a slot moves, messages published at its new master before the end of the move are missed too.
/// `interrupted` is told in the end.
public final class ValkeyClusterSubscriber: Sendable {
    private let loop: any EventLoop
    private let board: MemberBoard
    private let core: NIOLoopBoundBox<ClusterSubscriberCore>

    /// Connects where a channel is wanted. See ``ValkeySubscriber`` for the parameters.
    ///
    /// - Parameter cluster: tells which slots are whose. It is closed after this.
    public init(
        _ cluster: ValkeyCluster,
        loop: any EventLoop,
        onChange: @escaping @Sendable () -> Void = {},
        handler: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) {
        let board = MemberBoard()
        let core = ClusterSubscriberCore(loop, cluster, board: board, onChange: onChange, tell: handler)
        self.loop = loop
        self.board = board
        self.core = NIOLoopBoundBox.makeBoxSendingValue(core, eventLoop: loop)
        loop.execute { self.core.value.start() }
    }

    private func onLoop(_ body: @escaping @Sendable (ClusterSubscriberCore) -> Void) {
        guard !self.loop.inEventLoop else { return body(self.core.value) }
        self.loop.execute { body(self.core.value) }
    }
}

extension ValkeyClusterSubscriber: ValkeySubscribing {
    /// Whether every connection in use is up and answers. True while nothing is wanted.
    public var isConnected: Bool {
        self.board.current.isConnected
    }

    /// That of the connection which is worst off.
    public var state: ValkeyState {
        self.board.current
    }

    public var troubles: [ValkeyAddress: ValkeyState] {
        self.board.troubles
    }

    public func subscribe(_ channel: ValkeyChannel) {
        self.onLoop { $0.subscribe(channel) }
    }

    public func unsubscribe(_ channel: ValkeyChannel) {
        self.onLoop { $0.unsubscribe(channel) }
    }

    public func close() async {
        let futures = try? await self.loop.submit { self.core.value.close() }.get()
        for future in futures ?? [] { try? await future.get() }
    }
}
