import NIOCore

/// The state of a cluster's subscriber, on its event loop: which channels are where, and a subscriber for each master in use.
final class ClusterSubscriberCore {
    private static let retryInterval = TimeAmount.milliseconds(100)

    private let loop: any EventLoop
    private let cluster: ValkeyCluster
    private let board: MemberBoard
    private let onChange: @Sendable () -> Void
    private let tell: @Sendable (ValkeySubscriberEvent) -> Void
    private var channels = ClusterSubscriptions()
    private var members: [ValkeyAddress: ValkeySubscriber] = [:]
    private var watch: Int?
    private var retry: Scheduled<Void>?
    private var isClosed = false

    init(
        _ loop: any EventLoop,
        _ cluster: ValkeyCluster,
        board: MemberBoard,
        onChange: @escaping @Sendable () -> Void,
        tell: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) {
        self.loop = loop
        self.cluster = cluster
        self.board = board
        self.onChange = onChange
        self.tell = tell
    }

    func start() {
        let me = NIOLoopBound(self, eventLoop: self.loop)
        self.watch = self.cluster.watch { [loop = self.loop] in loop.execute { me.value.mapChanged() } }
        self.mapChanged()
    }

    func subscribe(_ channel: ValkeyChannel) {
        guard !self.isClosed else { return }
        self.run(self.channels.subscribe(channel, self.cluster.map))
    }

    func unsubscribe(_ channel: ValkeyChannel) {
        self.run(self.channels.unsubscribe(channel))
    }

    /// - Returns: futures that are done when the connections are gone.
    func close() -> [EventLoopFuture<Void>] {
        self.isClosed = true
        self.retry?.cancel()
        if let watch = self.watch { self.cluster.unwatch(watch) }
        let futures = self.members.values.map { $0.end() }
        self.members = [:]
        self.board.close()
        self.onChange()
        return futures
    }

    private func mapChanged() {
        guard !self.isClosed else { return }
        let map = self.cluster.map
        self.run(self.channels.changed(map))
        let homes = self.channels.homes
        for (address, member) in self.members where !homes.contains(address) && !map.masters.contains(address) {
            self.members[address] = nil
            member.end()
        }
        self.showState()
    }

    private func run(_ actions: [ClusterSubscriptions.Action]) {
        for action in actions {
            guard !self.isClosed else { return }
            switch action {
            case .subscribe(let channel, let address): self.member(at: address)?.subscribe(channel)
            case .unsubscribe(let channel, let address): self.members[address]?.unsubscribe(channel)
            case .tell(let event): self.tell(event)
            case .moved(let slot, let address): self.cluster.moved(slot, to: address)
            case .refresh:
                self.cluster.refresh()
                self.planRetry()
            }
        }
    }

    private func planRetry() {
        guard self.retry == nil, self.channels.hasHomeless else { return }
        self.retry = self.loop.assumeIsolated().scheduleTask(in: Self.retryInterval) {
            self.retry = nil
            self.run(self.channels.retry(self.cluster.map))
        }
    }

    private func member(at address: ValkeyAddress) -> ValkeySubscriber? {
        if let member = self.members[address] { return member }
        let me = NIOLoopBound(self, eventLoop: self.loop)
        let member = ValkeySubscriber(
            address,
            self.cluster.configuration,
            tls: self.cluster.tls,
            loop: self.loop,
            onChange: { me.value.showState() },
            handler: { event in me.value.take(event, from: address) }
        )
        self.members[address] = member
        return member
    }

    private func take(_ event: ValkeySubscriberEvent, from address: ValkeyAddress) {
        guard !self.isClosed else { return }
        self.run(self.channels.take(event, from: address))
    }

    private func showState() {
        guard !self.isClosed else { return }
        self.board.set(self.members.mapValues(\.state))
        self.onChange()
    }
}
