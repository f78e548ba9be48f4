import RelayCore

/// Topics and grants: a value, owned by its store's lock.
struct TopicTable {
    private struct Entry {
        var record: TopicRecord
        var grants: [UserID: Grant] = [:]
    }

    private var entries: [TopicKey: Entry] = [:]
    /// Keys, as ``TopicKey/description`` writes them.
    private var texts = SortedTexts()
    private var owned: [UserID: OwnedTopics] = [:]
    private var granted: [UserID: SortedTexts] = [:]
    /// Those whose kind keeps a state, by kind.
    private var kinds: [String: KindTopics] = [:]
    private var publicCount = 0
    var readers = ReaderTable()

    var counts: TopicCounts { TopicCounts(total: self.entries.count, publicTopics: self.publicCount) }

    func contains(_ key: TopicKey) -> Bool { self.entries[key] != nil }

    func topic(_ key: TopicKey) -> (record: TopicRecord, grants: [Grant])? {
        self.entries[key].map {
            ($0.record, $0.grants.values.sorted { $0.user.rawValue.precedesInBytes($1.user.rawValue) })
        }
    }

    /// - Returns: what of the quota one more topic of this owner would exceed.
    func refusal(of owner: UserID, _ quota: TopicQuota) -> TopicQuota.Bound? {
        quota.refusal(owned: self.owned[owner]?.count ?? 0, total: self.entries.count)
    }

    /// The same of a kind that keeps a state, whose quota counts its own topics.
    func refusal(of owner: UserID, _ quota: TopicQuota, kind: String) -> TopicQuota.Bound? {
        let topics = self.kinds[kind]
        return quota.refusal(owned: topics?.owned[owner] ?? 0, total: topics?.count ?? 0)
    }

    /// - Returns: false where there is a topic of that key.
    mutating func create(_ record: TopicRecord) -> Bool {
        guard self.entries[record.key] == nil else { return false }
        self.entries[record.key] = Entry(record: record)
        let text = record.key.description
        self.texts.insert(text)
        self.owned[record.owner, default: OwnedTopics()].insert(text)
        if record.state != nil { self.kinds[record.kind, default: KindTopics()].insert(text, of: record.owner) }
        self.publicCount += record.isPublic ? 1 : 0
        return true
    }

    mutating func update(_ key: TopicKey, _ changes: TopicChanges) {
        guard var record = self.entries[key]?.record else { return }
        self.publicCount -= record.isPublic ? 1 : 0
        record.isPublic = changes.isPublic ?? record.isPublic
        record.description = changes.description ?? record.description
        record.anonymous = changes.anonymous ?? record.anonymous
        if let durability = changes.durability { record.durability = durability.durability }
        self.publicCount += record.isPublic ? 1 : 0
        self.entries[key]?.record = record
    }

    mutating func setState(_ key: TopicKey, _ state: StoredState?) {
        self.entries[key]?.record.state = state
    }

    /// - Returns: false where there is no such topic.
    mutating func delete(_ key: TopicKey) -> Bool {
        guard let entry = self.entries.removeValue(forKey: key) else { return false }
        let text = key.description
        self.texts.remove(text)
        self.owned[entry.record.owner]?.remove(text)
        if self.owned[entry.record.owner]?.count == 0 { self.owned[entry.record.owner] = nil }
        if entry.record.state != nil { self.removeFromKind(entry.record, text) }
        for user in entry.grants.keys { self.removeGranted(text, of: user) }
        self.publicCount -= entry.record.isPublic ? 1 : 0
        self.readers.removeAll(of: key)
        return true
    }

    private mutating func removeFromKind(_ record: TopicRecord, _ text: String) {
        self.kinds[record.kind]?.remove(text, of: record.owner)
        if self.kinds[record.kind]?.count == 0 { self.kinds[record.kind] = nil }
    }

    mutating func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) -> GrantAddition {
        guard let grants = self.entries[key]?.grants, grants[grant.user] == nil else { return .unchanged }
        guard grants.count < limit else { return .refused }
        self.entries[key]?.grants[grant.user] = grant
        self.granted[grant.user, default: SortedTexts()].insert(key.description)
        return .added
    }

    mutating func removeGrant(of user: UserID, from key: TopicKey) -> Bool {
        guard self.entries[key]?.grants.removeValue(forKey: user) != nil else { return false }
        self.removeGranted(key.description, of: user)
        return true
    }

    /// - Returns: the keys of the topics that had a grant, ordered.
    mutating func removeGrants(of user: UserID) -> [TopicKey] {
        let keys = self.granted.removeValue(forKey: user)?.page(.max).map { TopicKey(storedText: $0) } ?? []
        for key in keys { self.entries[key]?.grants[user] = nil }
        return keys
    }

    private mutating func removeGranted(_ text: String, of user: UserID) {
        self.granted[user]?.remove(text)
        if self.granted[user]?.isEmpty == true { self.granted[user] = nil }
    }

    // MARK: Pages

    /// Those that the user owns or was granted, in order.
    func keys(of user: UserID, after key: TopicKey?, limit: Int) -> [TopicKey] {
        let start = key?.description
        let owned = self.owned[user]?.texts.page(limit, after: start) ?? []
        let granted = self.granted[user]?.page(limit, after: start) ?? []
        // An owner may have a grant as well.
        var merged = SortedTexts()
        for text in owned + granted { merged.insert(text) }
        return merged.page(limit).map { TopicKey(storedText: $0) }
    }

    /// In the order of their names, of whatever namespace.
    func names(ownedBy user: UserID, limit: Int) -> [String] { self.owned[user]?.names(limit) ?? [] }

    func keys(ofKind kind: String, after key: TopicKey?, limit: Int) -> [TopicKey] {
        self.kinds[kind]?.texts.page(limit, after: key?.description).map { TopicKey(storedText: $0) } ?? []
    }

    func keys(after key: TopicKey?, limit: Int) -> [TopicKey] {
        self.texts.page(limit, after: key?.description).map { TopicKey(storedText: $0) }
    }
}

/// The keys of one kind's topics, and how many each owner has of them.
private struct KindTopics {
    private(set) var texts = SortedTexts()
    private(set) var owned: [UserID: Int] = [:]
    private(set) var count = 0

    mutating func insert(_ text: String, of owner: UserID) {
        self.texts.insert(text)
        self.owned[owner, default: 0] += 1
        self.count += 1
    }

    mutating func remove(_ text: String, of owner: UserID) {
        self.texts.remove(text)
        self.count -= 1
        let left = (self.owned[owner] ?? 0) - 1
        self.owned[owner] = left > 0 ? left : nil
    }
}

/// The keys of one owner's topics.
private struct OwnedTopics {
    private(set) var texts = SortedTexts()
    private(set) var count = 0

    mutating func insert(_ text: String) {
        self.texts.insert(text)
        self.count += 1
    }

    mutating func remove(_ text: String) {
        self.texts.remove(text)
        self.count -= 1
    }

    /// Keys with a namespace lie between those that begin with less than `@`, and those that begin with more. An owner has topics in few
    /// namespaces: usually in its own alone.
    func names(_ limit: Int) -> [String] {
        var names = self.texts.page(limit, before: "@") + self.texts.page(limit, after: Self.lastNamespace)
        var start = "@"
        while let text = self.texts.page(1, after: start, before: Self.lastNamespace).first {
            guard let namespace = TopicKey(storedText: text).namespace else { break }
            let (first, end) = ("@\(namespace)/", "@\(namespace)0")
            names += self.texts.page(limit, after: first, before: end).map { String($0.dropFirst(first.count)) }
            start = end
        }
        return Array(names.sorted { $0.precedesInBytes($1) }.prefix(max(0, limit)))
    }

    /// Comes after all that begins with `@` and a user's id.
    private static let lastNamespace = "@\u{10FFFF}"
}
