public import RelayWire

/// A topic as it is stored: what it is, whose it is, and who may use it.
public struct TopicRecord: Hashable, Sendable {
    /// A UUID string; a topic deleted and created again gets another.
    public let id: String
    public let key: TopicKey
    /// The kind's stable name, `stream` for a plain topic.
    public let kind: String
    public let owner: UserID
    public let createdAt: Timestamp
    public var isPublic: Bool
    /// At most 500 characters.
    public var description: String?
    /// What its publishers wait for; nil is the relay's setting.
    public var durability: Durability?
    public var anonymous: AnonymousAccess
    /// What its kind keeps with it; nil for kinds that keep nothing.
    public var state: StoredState?

    public init(
        id: String,
        key: TopicKey,
        kind: String,
        owner: UserID,
        createdAt: Timestamp,
        isPublic: Bool,
        description: String?,
        durability: Durability? = nil,
        anonymous: AnonymousAccess = .none,
        state: StoredState? = nil
    ) {
        self.id = id
        self.key = key
        self.kind = kind
        self.owner = owner
        self.createdAt = createdAt
        self.isPublic = isPublic
        self.description = description
        self.durability = durability
        self.anonymous = anonymous
        self.state = state
    }

    /// What a part of this topic shows for a record.
    func part(_ key: TopicKey, of kind: String) -> TopicRecord {
        TopicRecord(
            id: self.id,
            key: key,
            kind: kind,
            owner: self.owner,
            createdAt: self.createdAt,
            isPublic: self.isPublic,
            description: self.description,
            durability: self.durability,
            anonymous: self.anonymous,
            state: self.state
        )
    }
}

/// A user's leave to read and publish to a topic that is not theirs.
public struct Grant: Hashable, Sendable {
    public let user: UserID
    public let grantedAt: Timestamp

    public init(user: UserID, grantedAt: Timestamp) {
        self.user = user
        self.grantedAt = grantedAt
    }
}
