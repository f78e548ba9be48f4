import RelayAccess
import RelayCore

/// Which topics are read on this relay that webhooks tell of, and which webhooks these are.
///
/// It is kept up with what changes. So it costs for the topics whose readers came or went, and for the webhooks that tell of these: not for how many
/// there are of either.
struct ReadTopics {
    private struct Entry {
        let user: UserID
        let target: WebhookTarget
        let reach: Reach
    }

    private let catalog: TopicCatalog
    private var entries: [String: Entry] = [:]
    private var named: [TopicName: [String]] = [:]
    /// By the bytes of their prefixes.
    private var prefixed: [[UInt8]: [String]] = [:]
    private var lengths: Set<Int> = []
    private var read: Set<TopicKey> = []
    /// How often a topic was compared with a webhook so far.
    private(set) var comparisons = 0

    init(_ catalog: TopicCatalog) {
        self.catalog = catalog
    }

    /// Takes other webhooks in the place of those that it had. Which topics are read has to be said anew then.
    /// A webhook's definition never changes, so its id tells.
    ///
    /// - Returns: whether they are others.
    mutating func tell(for webhooks: [StoredWebhook]) -> Bool {
        guard webhooks.count != self.entries.count || webhooks.contains(where: { self.entries[$0.id] == nil }) else {
            return false
        }
        self = ReadTopics(self.catalog, comparisons: self.comparisons)
        for webhook in webhooks {
            let target = webhook.definition.target
            self.entries[webhook.id] = Entry(user: webhook.user, target: target, reach: target.reach)
            switch target {
            case .topic(let name): self.named[TopicName(path: name), default: []].append(webhook.id)
            case .prefix(let start):
                self.prefixed[Array(start.utf8), default: []].append(webhook.id)
                self.lengths.insert(start.utf8.count)
            }
        }
        return true
    }

    private init(_ catalog: TopicCatalog, comparisons: Int) {
        self.catalog = catalog
        self.comparisons = comparisons
    }

    /// All topics that are read now.
    mutating func become(_ read: [TopicKey]) {
        self.read = []
        for key in read where !self.webhooks(of: key).isEmpty { self.read.insert(key) }
    }

    /// A topic is read now, or is not any more.
    ///
    /// - Returns: ids of the webhooks that tell of it.
    mutating func become(_ isRead: Bool, _ key: TopicKey) -> [String] {
        let ids = self.webhooks(of: key)
        guard !ids.isEmpty else { return [] }
        if isRead { self.read.insert(key) } else { self.read.remove(key) }
        return ids
    }

    /// The topics of a webhook that are read.
    mutating func topics(of id: String) -> Set<TopicKey> {
        guard let entry = self.entries[id] else { return [] }
        switch entry.target {
        case .topic(let name):
            let name = TopicName(path: name)
            return self.read.intersection([TopicKey(name: name), TopicKey(name: name, namespace: entry.user)])
        case .prefix:
            self.comparisons += self.read.count
            return self.read.filter { Self.isReached($0, by: entry) }
        }
    }

    /// What costs most is asked last.
    private mutating func webhooks(of key: TopicKey) -> [String] {
        var ids = self.named[key.name] ?? []
        let bytes = Array(key.name.rawValue.utf8)
        for length in self.lengths where length <= bytes.count {
            ids += self.prefixed[Array(bytes[..<length])] ?? []
        }
        self.comparisons += ids.count
        ids = ids.filter { id in self.entries[id].map { Self.isReached(key, by: $0) } ?? false }
        return ids.isEmpty || self.catalog.root(of: key) != key ? [] : ids
    }

    private static func isReached(_ key: TopicKey, by entry: Entry) -> Bool {
        (key.namespace == nil || key.namespace == entry.user) && entry.reach.includes(key.name)
    }
}
