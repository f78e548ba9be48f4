/// Users are managed by administrators only; others get ``RelayError`` with status 403.
extension RelayClient {
    /// All users, in the order of their creation.
    public func users() async throws -> [UserAccount] {
        try await self.list(["auth", "users"], UserAccount.init(json:))
    }

    /// Creates a user.
    ///
    /// - Parameters:
    ///   - username: 3 to 50 characters; taken names give status 400.
    ///   - password: at least 8 characters.
    ///   - email: an address; nil for none.
    ///   - permissions: any of `admin`, `read`, `write`; nil for the relay's default.
    public func createUser(
        _ username: String,
        password: String,
        email: String? = nil,
        permissions: [String]? = nil
    ) async throws -> UserAccount {
        var object = JSONObject([("username", .string(username)), ("password", .string(password))])
        if let email { object.append("email", .string(email)) }
        if let permissions { object.append("permissions", .array(permissions.map(JSONDocument.string))) }
        var call = HTTPCall(.post, ["auth", "register"])
        call.body = .json(.object(object))
        call.isRepeatable = false
        return try await self.reply(to: call).decoded(UserAccount.init(json:))
    }

    /// Changes what isn't nil. Returns the user as it is then.
    public func updateUser(_ userID: String, _ changes: UserChanges) async throws -> UserAccount {
        var call = HTTPCall(.patch, ["auth", "users", userID])
        call.body = .json(changes.json)
        return try await self.reply(to: call).decoded(UserAccount.init(json:))
    }

    /// Deletes the user with its grants and tokens. Its topics stay.
    public func deleteUser(_ userID: String) async throws {
        var call = HTTPCall(.delete, ["auth", "users", userID])
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }
}
