public import RelayCore
public import RelayWire

/// A user as it is stored.
public struct User: Hashable, Sendable {
    /// Given when the user is made, and never to another.
    public let id: UserID
    /// 3 to 50 characters, unique among all users, compared exactly.
    public let username: String
    public let createdAt: Timestamp
    /// The user's address, unchecked; nil for none.
    public var email: String?
    /// An inactive user can neither log in nor use tokens that are already out.
    public var isActive: Bool
    /// What the user may do at most: topics say more.
    public var permissions: Permissions
    /// An argon2id PHC string; nil for a user that can't log in by password.
    public var passwordHash: String?
    /// Counts the user's passwords, from 0. What was obtained by an earlier one is worth nothing: access tokens say theirs. Hashing the
    /// same password anew does not count.
    public var passwordGeneration: Int64
    /// Of a user who was made by signing in elsewhere; nil for all others. It never changes, and no two users have the same.
    public let identity: FederatedIdentity?

    public init(
        id: UserID,
        username: String,
        createdAt: Timestamp,
        email: String?,
        isActive: Bool = true,
        permissions: Permissions,
        passwordHash: String?,
        passwordGeneration: Int64 = 0,
        identity: FederatedIdentity? = nil
    ) {
        self.id = id
        self.username = username
        self.createdAt = createdAt
        self.email = email
        self.isActive = isActive
        self.permissions = permissions
        self.passwordHash = passwordHash
        self.passwordGeneration = passwordGeneration
        self.identity = identity
    }

    /// As whom the user acts: as no peer, with all its permissions.
    public var principal: Principal {
        Principal(id: self.id, username: self.username, permissions: self.permissions)
    }
}

extension User: CustomStringConvertible {
    /// Without the password hash.
    public var description: String { "User(\(self.id), \(self.username))" }
}

/// What to change of a user; nil leaves as it is.
public struct UserChanges: Hashable, Sendable {
    /// `.some(nil)` removes the address.
    public var email: String??
    public var isActive: Bool?
    /// In the place of all held before.
    public var permissions: Permissions?
    /// Of a new password: ``User/passwordGeneration`` grows with it, and the user's refresh tokens go.
    public var passwordHash: String?
    /// The ``User/passwordGeneration`` that the user must have: of another nothing is changed. nil for any.
    public var expectedGeneration: Int64?

    public init(
        email: String?? = nil,
        isActive: Bool? = nil,
        permissions: Permissions? = nil,
        passwordHash: String? = nil,
        expectedGeneration: Int64? = nil
    ) {
        self.email = email
        self.isActive = isActive
        self.permissions = permissions
        self.passwordHash = passwordHash
        self.expectedGeneration = expectedGeneration
    }

    /// Whether they are meant for the user as it is.
    public func fit(_ user: User) -> Bool {
        self.expectedGeneration.map { $0 == user.passwordGeneration } ?? true
    }
}
