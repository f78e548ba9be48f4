public import RelayCore
public import RelayWire

/// A user as it is stored.
public struct User: Hashable, Sendable {
    public let id: UserID
    /// 3 to 50 characters, unique among all users, compared exactly.
    public let username: String
    public let createdAt: Timestamp
    public var email: String?
    /// An inactive user can neither log in nor use tokens that are already out.
    public var isActive: Bool
    public var permissions: Permissions
    /// An argon2id PHC string; nil for a user that can't log in by password.
    public var passwordHash: String?
    /// Counts the user's passwords, from 0. What was obtained by an earlier one is worth nothing: access tokens say theirs. Hashing the
    /// same password anew does not count.
    public var passwordGeneration: Int64

    public init(
        id: UserID,
        username: String,
        createdAt: Timestamp,
        email: String?,
        isActive: Bool = true,
        permissions: Permissions,
        passwordHash: String?,
        passwordGeneration: Int64 = 0
    ) {
        self.id = id
        self.username = username
        self.createdAt = createdAt
        self.email = email
        self.isActive = isActive
        self.permissions = permissions
        self.passwordHash = passwordHash
        self.passwordGeneration = passwordGeneration
    }

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
    public var permissions: Permissions?
    /// Of a new password: ``User/passwordGeneration`` grows with it, and the user's refresh tokens go.
    public var passwordHash: String?

    public init(
        email: String?? = nil,
        isActive: Bool? = nil,
        permissions: Permissions? = nil,
        passwordHash: String? = nil
    ) {
        self.email = email
        self.isActive = isActive
        self.permissions = permissions
        self.passwordHash = passwordHash
    }
}
