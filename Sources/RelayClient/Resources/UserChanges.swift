/// What to change about a user; nil leaves as it is.
public struct UserChanges: Sendable {
    public var email: String?
    public var password: String?
    public var permissions: [String]?
    public var isActive: Bool?

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
