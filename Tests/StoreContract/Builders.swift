import NIOCore
import RelayAccess
public import RelayCore
import RelayWire

// Short ways to say what the cases need.

extension Timestamp {
    /// Some moment, `seconds` after the one at which the tests begin.
    static func at(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: 1_800_000_000_000_000 + Int64(seconds * 1_000_000))
    }
}

extension TopicKey {
    static func named(_ name: String, in namespace: String? = nil) -> TopicKey {
        TopicKey(name: TopicName(path: name), namespace: namespace.map { UserID($0) })
    }
}

extension Retention {
    static let unlimited = Retention(maxMessages: .max, maxAgeSeconds: nil)

    static func newest(_ count: Int) -> Retention { Retention(maxMessages: count, maxAgeSeconds: nil) }
}

extension Draft {
    static func text(
        _ text: String,
        at seconds: Double = 0,
        ttl: Int64? = nil,
        mark: IdempotencyMark? = nil
    ) -> Draft {
        Draft(timestamp: .at(seconds), payload: ByteBuffer(string: text), ttl: ttl, idempotency: mark)
    }
}

extension IdempotencyMark {
    static func key(
        _ value: String,
        _ index: Int = 0,
        of total: Int = 1,
        route: String = "single",
        until seconds: Double = 600
    ) -> IdempotencyMark {
        let key = IdempotencyKey(user: UserID("u1"), route: route, value: value)
        return IdempotencyMark(key: key, index: index, total: total, expiresAt: .at(seconds))
    }
}

extension TopicRecord {
    static func of(_ key: TopicKey, owner: String = "owner", id: String = "t", isPublic: Bool = false) -> TopicRecord {
        TopicRecord(
            id: id,
            key: key,
            kind: "stream",
            owner: UserID(owner),
            createdAt: .at(0),
            isPublic: isPublic,
            description: nil
        )
    }
}

extension Grant {
    static func to(_ user: String, at seconds: Double = 0) -> Grant {
        Grant(user: UserID(user), grantedAt: .at(seconds))
    }
}

extension User {
    static func of(
        _ id: String,
        _ username: String? = nil,
        at seconds: Double = 0,
        isActive: Bool = true,
        identity: FederatedIdentity? = nil
    ) -> User {
        User(
            id: UserID(id),
            username: username ?? "name-\(id)",
            createdAt: .at(seconds),
            email: nil,
            isActive: isActive,
            permissions: [.read],
            passwordHash: nil,
            identity: identity
        )
    }
}

extension RefreshTokenStore where Self: UserStore {
    /// Stores the token for a user who is made for it where there is none.
    func insertRefreshToken(_ token: RefreshToken) async throws(StoreError) {
        _ = try await self.createUser(.of(token.user.rawValue))
        let generation = try await self.user(token.user)?.passwordGeneration ?? 0
        _ = try await self.insertRefreshToken(token, generation: generation)
    }
}

extension MessageStore {
    @discardableResult
    func append(
        _ drafts: [Draft],
        to topic: TopicKey,
        _ retention: Retention = .unlimited
    ) async throws -> AppendReceipt {
        try await self.append(AppendBatch(topic: topic, drafts: drafts, retention: retention))
    }

    func append(_ batch: AppendBatch) async throws -> AppendReceipt {
        let result = await withCheckedContinuation { continuation in
            self.append(batch) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// One message for each text, one append for each.
    @discardableResult
    func append(
        _ texts: [String],
        at seconds: Double = 0,
        to topic: TopicKey,
        _ retention: Retention = .unlimited
    ) async throws -> [MessageID] {
        var ids: [MessageID] = []
        for text in texts {
            ids += try await self.append([.text(text, at: seconds)], to: topic, retention).stored.map(\.id)
        }
        return ids
    }

    func read(
        _ topic: TopicKey,
        _ range: ReadRequest.Range = .forward(after: .zero),
        messages: Int = 1000,
        bytes: Int = .max,
        at seconds: Double = 0,
        includesSuperseded: Bool = false
    ) async throws -> StoredPage {
        let request = ReadRequest(
            topic: topic,
            range: range,
            maxMessages: messages,
            maxBytes: bytes,
            now: .at(seconds),
            includesSuperseded: includesSuperseded
        )
        let result = await withCheckedContinuation { continuation in
            self.read(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

extension StoredPage {
    var texts: [String] { self.messages.map { String(buffer: $0.payload) } }
    var ids: [MessageID] { self.messages.map(\.id) }
}

extension Collection where Element: Comparable {
    var isStrictlyIncreasing: Bool { zip(self, self.dropFirst()).allSatisfy { $0 < $1 } }
}

/// Without bounds, and whole lists: most tests are not about those.
extension TopicStore {
    public func createTopic(_ record: TopicRecord) async throws(StoreError) -> (topic: StoredTopic, isNew: Bool) {
        switch try await self.createTopic(record, within: .unlimited) {
        case .created(let topic): return (topic, true)
        case .existed(let topic): return (topic, false)
        case .refused(let bound): throw StoreError(.full, "\(bound)")
        }
    }

    public func addGrant(_ grant: Grant, to key: TopicKey) async throws(StoreError) -> Bool {
        try await self.addGrant(grant, to: key, limit: .max) == .added
    }

    public func topics(of user: UserID) async throws(StoreError) -> [StoredTopic] {
        try await self.topics(of: user, after: nil, limit: 10_000)
    }

    public func topicNames(ownedBy user: UserID) async throws(StoreError) -> [String] {
        try await self.topicNames(ownedBy: user, limit: 10_000)
    }
}
