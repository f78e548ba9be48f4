/// Who is asking, as far as topics care: taken from the stored user, or from a verified ticket.
public struct Principal: Hashable, Sendable {
    public let id: UserID
    public let username: String
    public let permissions: Permissions
    /// As which peer it acts; nil for who names none. Only kinds of topic that have peers look at it.
    public let peer: PeerStanding?
    /// To which topics a service token limits it; nil for who shows none. See ``TopicBehavior/decision(on:_:_:by:)``.
    public let reach: Reach?

    public init(
        id: UserID,
        username: String,
        permissions: Permissions,
        peer: PeerStanding? = nil,
        reach: Reach? = nil
    ) {
        self.id = id
        self.username = username
        self.permissions = permissions
        self.peer = peer
        self.reach = reach
    }

    /// Whether there is such a topic for it at all, whatever its kind says.
    ///
    /// - Parameter root: the topic's name; of a part that of the topic that it is a part of.
    public func reaches(_ root: TopicName) -> Bool {
        if let ticket = self.peer?.ticket { return ticket.root == root }
        return self.reach?.includes(root) ?? true
    }

    /// Whether its token is for some topics alone, so that ``reaches(_:)`` has to be asked.
    var isLimited: Bool { self.reach != nil || self.peer?.ticket != nil }

    /// The same, acting as the peer that its client names. A token that fixes the peer does so for good: then it stays.
    ///
    /// - Parameter name: as the client gave it; the topic's kind checks that the peer is its user's. Nil or empty names none.
    public func acting(as name: String?) -> Principal {
        guard let name, !name.isEmpty else { return self }
        return self.acting(as: PeerStanding(id: name))
    }

    func acting(as peer: PeerStanding?) -> Principal {
        guard let peer, self.peer?.isFixed != true else { return self }
        return Principal(
            id: self.id,
            username: self.username,
            permissions: self.permissions,
            peer: peer,
            reach: self.reach
        )
    }

    /// The relay itself, which does what its own work needs on topics of special kinds. No client is ever this.
    public static let relay = Principal(id: UserID("relay"), username: "relay", permissions: [.admin, .read, .write])

    /// Who shows no token, where a relay lets such people in. What they may do each topic says: see ``AnonymousAccess``. No user has this id.
    public static let anonymous = Principal(
        id: UserID("anonymous"),
        username: "anonymous",
        permissions: [.read, .write]
    )

    public var isAnonymous: Bool { self.id == Self.anonymous.id }

    public var isRelay: Bool { self.id == Self.relay.id }

    /// Administrators read, write and manage every topic.
    public var isAdmin: Bool { self.permissions.contains(.admin) }
}

/// What a user may do at all. `read` and `write` are needed in addition to access to the topic; `admin` implies neither.
public struct Permissions: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let admin = Permissions(rawValue: 1)
    public static let read = Permissions(rawValue: 2)
    public static let write = Permissions(rawValue: 4)

    /// In the order in which they are listed to clients.
    private static let named: [(name: String, permission: Permissions)] = [
        ("admin", .admin), ("read", .read), ("write", .write),
    ]

    /// - Returns: nil where a name is none of `admin`, `read`, `write`. Repeats are harmless.
    public init?(names: some Sequence<String>) {
        var permissions: Permissions = []
        for name in names {
            guard let match = Self.named.first(where: { $0.name == name }) else { return nil }
            permissions.insert(match.permission)
        }
        self = permissions
    }

    /// The names of the permissions held, always in the order `admin`, `read`, `write`.
    public var names: [String] {
        Self.named.filter { self.contains($0.permission) }.map(\.name)
    }
}
