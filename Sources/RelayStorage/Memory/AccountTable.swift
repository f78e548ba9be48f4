import RelayAccess
import RelayCore
import RelayWire

/// Users and the deny list: a value, owned by its store's lock.
struct AccountTable {
    private var users: [UserID: User] = [:]
    private var ids: [ExactText: UserID] = [:]
    private var identities: [ExactText: UserID] = [:]
    private var denied: [String: Timestamp] = [:]
    var refreshTokens = RefreshTokenTable()
    var serviceTokens = ServiceTokenTable()
    var webhooks = WebhookTable()

    /// - Returns: false, with nothing stored, where the username, the identity or the id is taken.
    mutating func create(_ user: User) -> Bool {
        let name = ExactText(user.username)
        let identity = user.identity.map { ExactText($0.indexText) }
        guard self.ids[name] == nil, self.users[user.id] == nil, identity.flatMap({ self.identities[$0] }) == nil else {
            return false
        }
        self.users[user.id] = user
        self.ids[name] = user.id
        if let identity { self.identities[identity] = user.id }
        return true
    }

    func user(_ id: UserID) -> User? { self.users[id] }

    func user(named username: String) -> User? {
        self.ids[ExactText(username)].flatMap { self.users[$0] }
    }

    func user(of identity: FederatedIdentity) -> User? {
        self.identities[ExactText(identity.indexText)].flatMap { self.users[$0] }
    }

    /// Ordered by creation, then id.
    var all: [User] {
        self.users.values.sorted { $0.place.precedes($1.place) }
    }

    var counts: UserCounts {
        UserCounts(total: self.users.count, active: self.users.values.count { $0.isActive })
    }

    mutating func update(_ id: UserID, _ changes: UserChanges) -> User? {
        guard let old = self.users[id], changes.fit(old) else { return nil }
        let user = old.changed(by: changes)
        self.users[id] = user
        if changes.passwordHash != nil {
            self.refreshTokens.remove(of: id)
            self.serviceTokens.remove(of: id)
        }
        return user
    }

    mutating func replacePasswordHash(of id: UserID, _ old: String, by new: String) -> Bool {
        guard self.users[id]?.passwordHash == old else { return false }
        self.users[id]?.passwordHash = new
        return true
    }

    mutating func insert(_ token: RefreshToken, generation: Int64) -> Bool {
        guard self.users[token.user]?.passwordGeneration == generation else { return false }
        self.refreshTokens.put(token)
        return true
    }

    mutating func insert(_ token: ServiceToken, generation: Int64, most: Int) -> ServiceTokenInsertion {
        guard self.users[token.user]?.passwordGeneration == generation else { return .outdated }
        guard self.serviceTokens.count(of: token.user) < most else { return .full }
        self.serviceTokens.put(token)
        return .stored
    }

    mutating func insert(_ webhook: StoredWebhook, within quota: WebhookQuota) -> WebhookInsertion {
        guard self.users[webhook.user] != nil else { return .userMissing }
        return self.webhooks.insert(webhook, within: quota)
    }

    /// - Returns: false where there is no such user.
    mutating func delete(_ id: UserID) -> Bool {
        guard let user = self.users.removeValue(forKey: id) else { return false }
        self.ids[ExactText(user.username)] = nil
        if let identity = user.identity { self.identities[ExactText(identity.indexText)] = nil }
        self.refreshTokens.remove(of: id)
        self.serviceTokens.remove(of: id)
        self.webhooks.remove(of: id)
        return true
    }

    mutating func deny(_ jti: String, until expiresAt: Timestamp) {
        self.denied[jti] = max(expiresAt, self.denied[jti] ?? expiresAt)
    }

    func isDenied(_ jti: String, at now: Timestamp) -> Bool {
        self.denied[jti].map { now < $0 } ?? false
    }

    var deniedTokens: [DeniedToken] {
        self.denied.map { DeniedToken(jti: $0.key, expiresAt: $0.value) }
    }

    mutating func sweepDenied(at now: Timestamp) {
        self.denied = self.denied.filter { now < $0.value }
    }
}

extension User {
    func changed(by changes: UserChanges) -> User {
        var user = self
        if let email = changes.email { user.email = email }
        user.isActive = changes.isActive ?? self.isActive
        user.permissions = changes.permissions ?? self.permissions
        if let hash = changes.passwordHash {
            user.passwordHash = hash
            user.passwordGeneration += 1
        }
        return user
    }
}
