public import RelayCore

/// What a service token is limited to: less than what its user may do.
public struct TokenScope: Hashable, Sendable {
    /// The topics that there are for its holder.
    public let reach: Reach
    /// `read` or both: nothing opens without `read`.
    public let permissions: Permissions
    /// As whom its holder acts; nil for no peer in particular.
    public var peer: String? { self.standing?.id }
    private let standing: PeerStanding?

    public init(reach: Reach, permissions: Permissions, peer: String?) {
        self.reach = reach
        self.permissions = permissions
        self.standing = peer.map { PeerStanding(id: $0, isFixed: true) }
    }

    /// What of a user is left in a token's holder. Administrators stay such, since topics that are not theirs are theirs to manage: the reach
    /// keeps that to reading and publishing.
    func limiting(_ user: Principal) -> Principal {
        Principal(
            id: user.id,
            username: user.username,
            permissions: user.permissions.intersection(self.permissions.union(.admin)),
            peer: self.standing,
            reach: self.reach
        )
    }
}

/// The scope as a token says it, and as it is stored: names in the order of their bytes, so that one scope has one text.
struct ScopeClaims: Codable, Hashable, Sendable {
    var topics: [String]
    var prefixes: [String]
    var permissions: [String]
    var peer: String?

    init(_ scope: TokenScope) {
        self.topics = scope.reach.topics.map(\.rawValue).sorted { ExactText($0) < ExactText($1) }
        self.prefixes = scope.reach.prefixes
        self.permissions = scope.permissions.names
        self.peer = scope.peer
    }

    /// - Returns: nil where it is none that this relay issues.
    var scope: TokenScope? {
        let names = self.topics.compactMap { TopicName(client: $0) }
        guard names.count == self.topics.count, !names.isEmpty || !self.prefixes.isEmpty,
            !self.prefixes.contains(""), let permissions = Permissions(names: self.permissions),
            permissions.contains(.read), !permissions.contains(.admin), self.peer?.isEmpty != true
        else { return nil }
        return TokenScope(
            reach: Reach(topics: Set(names), prefixes: self.prefixes),
            permissions: permissions,
            peer: self.peer
        )
    }
}
