/// What to change about a user; nil leaves as it is.
public struct UserChanges: Sendable {
    /// Nil: as it was.
    public var email: String?
    /// At least 8 characters. Nil: as it was.
    public var password: String?
    /// Any of `admin`, `read`, `write`, instead of those there were. Nil: as they were.
    public var permissions: [String]?
    /// False ends the user's logins and connections. Nil: as it was.
    public var isActive: Bool?

    /// Changes what is given.
    public init(
        email: String? = nil,
        password: String? = nil,
        permissions: [String]? = nil,
        isActive: Bool? = nil
    ) {
        self.email = email
        self.password = password
        self.permissions = permissions
        self.isActive = isActive
    }

    var json: JSONDocument {
        var object = JSONObject()
        if let email { object.append("email", .string(email)) }
        if let password { object.append("password", .string(password)) }
        if let permissions { object.append("permissions", .array(permissions.map(JSONDocument.string))) }
        if let isActive { object.append("is_active", .bool(isActive)) }
        return .object(object)
    }
}
