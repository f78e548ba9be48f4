import RelayCore

/// What an administrator gives to make a user. Unchecked.
public struct UserRegistration: Sendable {
    /// 3 to 50 characters.
    public var username: String
    /// 8 characters or more.
    public var password: String
    public var email: String?
    /// Names of permissions.
    public var permissions: [String]

    public init(username: String, password: String, email: String? = nil, permissions: [String] = []) {
        self.username = username
        self.password = password
        self.email = email
        self.permissions = permissions
    }

    /// The permissions that the names mean.
    func checked() throws(AccessError) -> Permissions {
        let issues =
            UserRules.issues(username: self.username) + UserRules.issues(password: self.password)
            + UserRules.issues(permissions: self.permissions)
        guard issues.isEmpty, let permissions = Permissions(names: self.permissions) else {
            throw AccessError(.invalidFields(issues))
        }
        return permissions
    }
}

/// What an administrator wants changed of a user; nil leaves as it is. Unchecked.
public struct UserPatch: Sendable {
    /// `.some(nil)` removes the address.
    public var email: String??
    /// A new one, of 8 characters or more. It ends what the old one has obtained.
    public var password: String?
    /// Names of permissions, which replace all held before.
    public var permissions: [String]?
    /// Whether the user may log in, and use its tokens.
    public var isActive: Bool?

    public init(
        email: String?? = nil,
        password: String? = nil,
        permissions: [String]? = nil,
        isActive: Bool? = nil
    ) {
        self.email = email
        self.password = password
        self.permissions = permissions
        self.isActive = isActive
    }

    /// All changes but the password's, which needs a hash.
    func checked() throws(AccessError) -> UserChanges {
        let issues =
            (self.password.map { UserRules.issues(password: $0) } ?? [])
            + (self.permissions.map(UserRules.issues(permissions:)) ?? [])
        guard issues.isEmpty else { throw AccessError(.invalidFields(issues)) }
        return UserChanges(
            email: self.email,
            isActive: self.isActive,
            permissions: self.permissions.flatMap { Permissions(names: $0) }
        )
    }
}

// Passwords must not end up in a log because a request did.

extension UserRegistration: CustomStringConvertible {
    public var description: String { "UserRegistration(username: \(self.username))" }
}

extension UserPatch: CustomStringConvertible {
    public var description: String {
        "UserPatch(permissions: \(self.permissions ?? []), isActive: \(String(describing: self.isActive)))"
    }
}
