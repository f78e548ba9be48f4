import RelayAccess
import RelayCore
import RelayWire

/// The relays that share this one's store. Each says every few seconds what there is to know of it; the directory reads that when somebody
/// asks.
struct NodeDirectory: Sendable {
    /// How often a relay says how it does.
    static let interval = Duration.seconds(5)
    /// For how long it may say nothing until it counts as silent, in seconds.
    static let patienceSeconds: Int64 = 15
    /// For how long its last words are kept, in seconds.
    static let memorySeconds: Int64 = 60

    /// This relay's, new with each start: a relay that starts anew has none of the connections of the one before.
    let own: String
    private let store: (any NodeStore)?
    private let nodes: RelayNodes
    private let now: @Sendable () -> Timestamp
    private let describe: @Sendable () async -> NodeFacts

    /// - Parameters:
    ///   - store: nil where this relay has its store for itself.
    ///   - describe: says how this relay does.
    init(
        own: String = NodeDirectory.newID(),
        store: (any NodeStore)?,
        nodes: RelayNodes,
        now: @escaping @Sendable () -> Timestamp,
        describe: @escaping @Sendable () async -> NodeFacts
    ) {
        self.own = own
        self.store = store
        self.nodes = nodes
        self.now = now
        self.describe = describe
    }

    /// 64 random bits.
    static func newID() -> String { String(hexadecimal: .random(in: .min ... .max) as UInt64) }

    /// Whether there may be others.
    var isShared: Bool { self.store != nil }

    /// This relay first, then the others by id.
    ///
    /// - Throws: where the store can't be asked for the others.
    func known() async throws(StoreError) -> [KnownNode] {
        let now = self.now()
        let own = KnownNode(id: self.own, facts: await self.describe(), saidAt: now, isSelf: true, address: nil)
        let others = try await self.store?.nodes(since: now.adding(seconds: -Self.memorySeconds)) ?? []
        return [own] + others.compactMap(self.other)
    }

    /// - Returns: nil for this relay, and for what no relay has said.
    private func other(_ announcement: NodeAnnouncement) -> KnownNode? {
        guard announcement.id != self.own,
            let facts = StoredJSON.value(NodeFacts.self, from: announcement.facts)
        else { return nil }
        return KnownNode(
            id: announcement.id,
            facts: facts,
            saidAt: announcement.saidAt,
            isSelf: false,
            address: self.nodes.own == nil ? nil : facts.url.flatMap { NodeAddress($0) }
        )
    }

    /// Whether it has said something lately.
    func isSilent(_ node: KnownNode) -> Bool {
        self.now() > node.saidAt.adding(seconds: Self.patienceSeconds)
    }

    /// Says how this relay does. Nothing, where nobody would hear it.
    func announce() async throws {
        guard let store = self.store else { return }
        let facts = StoredJSON.bytes(await self.describe())
        try await store.announceNode(NodeAnnouncement(id: self.own, saidAt: self.now(), facts: facts))
    }

    /// This relay stops: the others need not wait for it.
    func leave() async throws {
        try await self.store?.forgetNode(self.own)
    }
}
