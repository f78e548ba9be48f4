public import RelayAccess
public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore: UserStore {
    public func createUser(_ user: User) async throws(StoreError) -> Bool {
        let layout = self.layout
        let reply = try await self.run(
            CreateUserScript.script,
            keys: [
                layout.version, layout.changes, layout.usernames, layout.users, layout.activeUsers,
                layout.user(user.id), layout.identities,
            ],
            [
                .init(user.id.rawValue), .init(user.username), .init(user.isActive ? 1 : 0),
                .init(user.identity?.indexText ?? ""),
            ] + user.fields
        )
        return reply.integer == 1
    }

    public func user(_ id: UserID) async throws(StoreError) -> User? {
        do throws(StoreError) {
            return try User(id, HashFields(try await self.send("HGETALL", self.layout.user(id))))
        } catch {
            if error.code == .corrupt { self.places.note("user \(id)", error) }
            throw error
        }
    }

    public func user(named username: String) async throws(StoreError) -> User? {
        let id = try await self.send("HGET", self.layout.usernames, .init(username)).text
        guard let id else { return nil }
        return try await self.user(UserID(id))
    }

    public func user(of identity: FederatedIdentity) async throws(StoreError) -> User? {
        let id = try await self.send("HGET", self.layout.identities, .init(identity.indexText)).text
        guard let id, let user = try await self.user(UserID(id)) else { return nil }
        return user.identity == identity ? user : nil
    }

    public func users(after user: UserPlace?, limit: Int) async throws(StoreError) -> [User] {
        let ids = (try await self.send("SMEMBERS", self.layout.users).array ?? []).compactMap(\.text).map { UserID($0) }
        var places: [UserPlace] = []
        for some in ids.chunked() {
            // The order is by creation, which the set of ids does not know.
            let replies = try await self.send(
                "HGET",
                each: some.map { self.layout.user($0) },
                keepingWrongTypes: true,
                "created"
            )
            for (id, reply) in zip(some, replies) {
                if case .error(let error) = reply { self.places.note("user \(id)", StoreError(server: error)) }
                guard let microseconds = reply.text.flatMap({ Int64($0) }) else { continue }
                let place = UserPlace(createdAt: Timestamp(microseconds: microseconds), id: id)
                if user?.precedes(place) ?? true { places.append(place) }
            }
        }
        let ordered = places.sorted { $0.precedes($1) }.map(\.id)
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            var users: [User?] = []
            for some in Array(ordered.prefix(limit)).chunked() {
                let replies = try await self.send(
                    "HGETALL",
                    each: some.map { self.layout.user($0) },
                    keepingWrongTypes: true
                )
                users += zip(some, replies).map { id, reply in
                    self.readable("user \(id)") { () throws(StoreError) in try User(id, HashFields(reply)) }
                }
            }
            return users
        }
    }

    public func userCounts() async throws(StoreError) -> UserCounts {
        let counts = try await self.send("SCARD", each: [self.layout.users, self.layout.activeUsers])
        return UserCounts(total: Int(counts[0].integer ?? 0), active: Int(counts[1].integer ?? 0))
    }

    public func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User? {
        let layout = self.layout
        let isActive = changes.isActive.map { $0 ? "1" : "0" } ?? ""
        let reply = try await self.run(
            UpdateUserScript.script,
            keys: [
                layout.version, layout.changes, layout.activeUsers, layout.user(id), layout.tokens,
                layout.userTokensPrefix + id.rawValue, layout.serviceTokens, layout.serviceTokenEnds,
                layout.userServiceTokensPrefix + id.rawValue,
            ],
            [
                .init(id.rawValue), .init(isActive), .init(changes.email == .some(nil) ? "email" : ""),
                .init(changes.passwordHash == nil ? 0 : 1), .init(layout.tokenPrefix), .init(layout.chainPrefix),
                .init(layout.serviceTokenPrefix), .init(layout.userServiceTokensPrefix),
                .init(changes.expectedGeneration.map { "\($0)" } ?? ""),
            ] + changes.fields
        )
        return try User(id, HashFields(reply))
    }

    public func replacePasswordHash(
        of id: UserID,
        _ old: String,
        by new: String
    ) async throws(StoreError) -> Bool {
        let reply = try await self.run(
            ReplacePasswordHashScript.script,
            keys: [self.layout.user(id)],
            [.init(old), .init(new)]
        )
        return reply.integer == 1
    }

    public func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]? {
        let layout = self.layout
        let reply = try await self.run(
            DeleteUserScript.script,
            keys: [
                layout.version, layout.changes, layout.users, layout.activeUsers, layout.usernames, layout.tokens,
                layout.user(id), layout.grantedPrefix + id.rawValue, layout.userTokensPrefix + id.rawValue,
                layout.userReadersPrefix + id.rawValue, layout.readerUses,
                layout.serviceTokens, layout.serviceTokenEnds, layout.userServiceTokensPrefix + id.rawValue,
                layout.identities, layout.webhooks, layout.userWebhooksPrefix + id.rawValue,
            ],
            [
                .init(id.rawValue), .init(layout.grantsPrefix), .init(layout.tokenPrefix), .init(layout.chainPrefix),
                .init(layout.readersPrefix), .init(layout.userReadersPrefix),
                .init(layout.serviceTokenPrefix), .init(layout.userServiceTokensPrefix),
                .init(layout.webhookPrefix),
            ]
        )
        guard let topics = reply.array else { return nil }
        return topics.compactMap(\.text).sorted { $0.precedesInBytes($1) }.map { TopicKey(storedText: $0) }
    }
}

extension [UserID] {
    /// What one pipeline asks for.
    fileprivate func chunked() -> [ArraySlice<UserID>] {
        stride(from: 0, to: self.count, by: 256).map { self[$0..<Swift.min(self.count, $0 + 256)] }
    }
}

extension KeyLayout {
    fileprivate func user(_ id: UserID) -> String { self.userPrefix + id.rawValue }
}

extension User {
    fileprivate var fields: [ValkeyArgument] {
        var fields: [ValkeyArgument] = [
            "name", .init(self.username), "created", .init(self.createdAt.microseconds),
            "active", .init(self.isActive ? 1 : 0), "permissions", .init(self.permissions.rawValue),
        ]
        if let email = self.email { fields += ["email", .init(email)] }
        if let hash = self.passwordHash { fields += ["password", .init(hash)] }
        if let identity = self.identity {
            fields += ["issuer", .init(identity.issuer), "subject", .init(identity.subject)]
        }
        if self.passwordGeneration != 0 { fields += ["generation", .init(self.passwordGeneration)] }
        return fields
    }

    /// - Returns: nil where there are no fields.
    fileprivate init?(_ id: UserID, _ fields: HashFields) throws(StoreError) {
        guard !fields.isEmpty else { return nil }
        let permissions = try fields.required(fields.text("permissions").flatMap { UInt8($0) }, "permissions")
        self.init(
            id: id,
            username: try fields.required(fields.text("name"), "name"),
            createdAt: try fields.required(fields.moment("created"), "created"),
            email: fields.text("email"),
            isActive: fields.text("active") == "1",
            permissions: Permissions(rawValue: permissions),
            passwordHash: fields.text("password"),
            passwordGeneration: fields.text("generation").flatMap { Int64($0) } ?? 0,
            identity: try Self.identity(fields)
        )
    }

    private static func identity(_ fields: HashFields) throws(StoreError) -> FederatedIdentity? {
        guard let issuer = fields.text("issuer") else { return nil }
        return FederatedIdentity(issuer: issuer, subject: try fields.required(fields.text("subject"), "subject"))
    }
}

extension UserChanges {
    fileprivate var fields: [ValkeyArgument] {
        var fields: [ValkeyArgument] = []
        if case .some(.some(let email)) = self.email { fields += ["email", .init(email)] }
        if let isActive = self.isActive { fields += ["active", .init(isActive ? 1 : 0)] }
        if let permissions = self.permissions { fields += ["permissions", .init(permissions.rawValue)] }
        if let hash = self.passwordHash { fields += ["password", .init(hash)] }
        return fields
    }
}
