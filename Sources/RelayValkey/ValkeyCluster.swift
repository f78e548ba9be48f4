public import NIOCore
import NIOSSL
import Synchronization

/// A cluster: its masters, each a ``ValkeyNode`` with connections on all loops, and the map that tells which slots are whose.
///
/// A command goes to the master of its key's slot. Redirects are followed. While a slot moves or a replica takes over, no server may
/// take a command. It is then tried again until its deadline, since it is certain not to have run. A command that may have run is not
/// tried again. Commands about one key from one loop run in the order in
/// which they were sent, but for those that are sent again.
///
/// Its lock guards the table of slots and nodes alone. The refresher has the first loop for itself.
public final class ValkeyCluster: Sendable {
    let configuration: ValkeyConfiguration
    let settings: ClusterSettings
    /// Commands that wait to be sent again.
    let waiting: WaitingCalls
    let loops: [any EventLoop]
    private let seeds: [ValkeyAddress]
    let tls: NIOSSLContext?
    private let onChange: @Sendable () -> Void
    private let table = Mutex(ClusterTable<ValkeyNode>())
    private let refresher: NIOLoopBoundBox<ClusterRefresher>
    private let watchers = Mutex(Watchers())
    /// Nodes that have left, for as long as commands may be under way there.
    private let retired = Mutex<[ObjectIdentifier: ValkeyNode]>([:])
    /// While there is no map.
    private let beginning = StateBoard(.connecting(since: .now(), lastError: nil))

    private struct Watchers {
        var last = 0
        var all: [Int: @Sendable () -> Void] = [:]
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - seeds: at least one: nodes of the cluster, whichever, to ask where its masters are. Later it is the masters that are asked,
    ///     and the seeds again when none of them answers.
    ///   - configuration: for every node. A cluster has no other database than 0: `database` is not used.
    ///   - loops: at least one. They are not the cluster's: `close` has to be called before they end.
    ///   - onChange: called on any loop after `state` or the map has changed. Must not block.
    /// - Throws: where the files for TLS can't be read.
    public init(
        seeds: [ValkeyAddress],
        _ configuration: ValkeyConfiguration,
        settings: ClusterSettings = ClusterSettings(),
        loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void = {}
    ) throws {
        precondition(!loops.isEmpty && !seeds.isEmpty, "a cluster needs a seed and an event loop")
        self.seeds = seeds
        self.configuration = configuration.withDatabase(0)
        self.settings = settings
        self.tls = try configuration.tls?.makeContext()
        self.loops = loops
        self.onChange = onChange
        self.waiting = WaitingCalls(limit: settings.maxWaitingCommands)
        let schedule = RefreshSchedule(
            interval: settings.refreshInterval,
            shortest: settings.shortestRefreshInterval
        )
        self.refresher = NIOLoopBoundBox.makeBoxSendingValue(
            ClusterRefresher(loops[0], schedule, random: configuration.random),
            eventLoop: loops[0]
        )
        self.startRefresher()
    }

    /// Whether every slot has a master, and every connection is up and answers.
    public var isConnected: Bool {
        let (isComplete, nodes) = self.table.withLock { ($0.map.isComplete, $0.nodes) }
        return isComplete && nodes.allSatisfy(\.isConnected)
    }

    public var state: ValkeyState {
        let (isComplete, nodes) = self.table.withLock { ($0.map.isComplete, $0.nodes) }
        let worst = nodes.map(\.state).max { $0.severity < $1.severity } ?? self.beginning.current
        return worst.isConnected && !isComplete ? .withoutMaster(nil, .now()) : worst
    }

    public var masters: [ValkeyNode] {
        self.table.withLock { $0.nodes }
    }

    public func close() async {
        let nodes =
            self.table.withLock { $0.close() }
            + self.retired.withLock { retired in
                defer { retired = [:] }
                return Array(retired.values)
            }
        self.beginning.set(.closed)
        self.watchers.withLock { $0.all = [:] }
        let futures = try? await self.loops[0].submit {
            for call in self.waiting.close() { call.completion(.failure(.closed)) }
            return self.refresher.value.close()
        }.get()
        for future in (futures ?? []) + nodes.flatMap({ $0.end() }) { try? await future.get() }
    }

    // MARK: - The map

    var isClosed: Bool { self.table.withLock { $0.isClosed } }

    func node(of slot: Int) -> ValkeyNode? {
        self.table.withLock { $0.node(of: slot) }
    }

    func node(at address: ValkeyAddress) -> ValkeyNode? {
        self.table.withLock { $0.node(at: address) }
    }

    var map: SlotMap { self.table.withLock { $0.map } }

    /// The map, and its masters in its order.
    var layout: (map: SlotMap, nodes: [ValkeyNode]) { self.table.withLock { ($0.map, $0.nodes) } }

    /// A node has said whose the slot is.
    func moved(_ slot: Int, to address: ValkeyAddress) {
        self.changed(self.table.withLock { $0.move(slot, to: address) { self.makeNode($0) } })
        self.refresh()
    }

    /// A node is to be asked in passing.
    func admit(_ address: ValkeyAddress) {
        self.changed(self.table.withLock { $0.admit(address) { self.makeNode($0) } })
    }

    /// The map seems to be wrong.
    func refresh() {
        self.loops[0].execute { [weak self] in self?.refresher.value.wanted() }
    }

    /// - Parameter watcher: called on any loop when slots have changed hands.
    /// - Returns: what to end it by.
    func watch(_ watcher: @escaping @Sendable () -> Void) -> Int {
        self.watchers.withLock { watchers in
            watchers.last += 1
            watchers.all[watchers.last] = watcher
            return watchers.last
        }
    }

    func unwatch(_ number: Int) {
        self.watchers.withLock { $0.all[number] = nil }
    }

    private func changed(_ change: ClusterTable<ValkeyNode>.Change) {
        for node in change.added { node.start() }
        for node in change.vanished { self.retire(node) }
        guard change.isNews else { return }
        for watcher in self.watchers.withLock({ Array($0.all.values) }) { watcher() }
        self.onChange()
    }

    /// No command is sent there any more. Those under way have an answer, or are overdue, some time later.
    private func retire(_ node: ValkeyNode) {
        self.retired.withLock { $0[ObjectIdentifier(node)] = node }
        self.loops[0].scheduleTask(in: self.configuration.commandTimeout) { [weak self] in
            self?.retired.withLock { $0.removeValue(forKey: ObjectIdentifier(node)) }?.end()
        }
    }

    private func makeNode(_ address: ValkeyAddress) -> ValkeyNode {
        ValkeyNode(address, self.configuration, tls: self.tls, loops: self.loops) { [weak self] in
            self?.nodeChanged(address)
        }
    }

    private func nodeChanged(_ address: ValkeyAddress) {
        if self.node(at: address)?.isConnected == false { self.refresh() }
        self.onChange()
    }

    private func startRefresher() {
        let (configuration, tls, loop) = (self.configuration, self.tls, self.loops[0])
        loop.execute { [weak self] in
            self?.refresher.value.start(
                ClusterRefresher.Parts(
                    nodes: { [weak self] in (self?.masters ?? []).filter(\.isConnected).shuffled() },
                    seeds: { [weak self] in self?.strangers ?? [] },
                    make: { ValkeyNode($0, configuration, tls: tls, loops: [loop], onChange: $1) },
                    learned: { [weak self] in self?.learned($0) },
                    failed: { [weak self] in self?.failed($0) }
                )
            )
        }
    }

    /// Seeds that are no masters, as far as is known.
    private var strangers: [ValkeyAddress] {
        let masters = self.map.masters
        return self.seeds.filter { !masters.contains($0) }.shuffled()
    }

    private func learned(_ map: SlotMap) {
        self.changed(self.table.withLock { $0.adopt(map) { self.makeNode($0) } })
    }

    private func failed(_ state: ValkeyState) {
        if !self.isClosed { self.beginning.set(state) }
        self.onChange()
    }
}
