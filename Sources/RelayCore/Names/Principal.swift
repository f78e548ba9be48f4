/// Who is asking, as far as topics care: taken from the stored user, never from a token's claims.
public struct Principal: Hashable, Sendable {
    public let id: UserID
    public let username: String
    public let permissions: Permissions

    public init(id: UserID, username: String, permissions: Permissions) {
        self.id = id
        self.username = username
        self.permissions = permissions
    }

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
