public import RelayCore
public import RelayWire

/// The users.
public protocol UserStore: Sendable {
    /// - Returns: false, with nothing stored, where the username or the identity is another's.
    func createUser(_ user: User) async throws(StoreError) -> Bool

    func user(_ id: UserID) async throws(StoreError) -> User?

    /// The user of exactly this name, byte for byte.
    func user(named username: String) async throws(StoreError) -> User?

    /// The user of exactly this identity, byte for byte.
    func user(of identity: FederatedIdentity) async throws(StoreError) -> User?

    /// Users, ordered by creation, then id, at most `limit`, after the place of `user` where one is given.
    func users(after user: UserPlace?, limit: Int) async throws(StoreError) -> [User]

    func userCounts() async throws(StoreError) -> UserCounts

    /// Changes only what is given, as one atomic step. With a new password the user's refresh tokens and service tokens are deleted,
    /// and its ``User/passwordGeneration`` grows by one.
    ///
    /// - Returns: the user as it is now; nil where there is no such user, and where it has not the generation that the changes expect.
    func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User?

    /// Stores another hash of the password that the user has, if its hash still is `old`. Its generation stays.
    ///
    /// - Returns: whether it did.
    func replacePasswordHash(of id: UserID, _ old: String, by new: String) async throws(StoreError) -> Bool

    /// Deletes the user with its grants, refresh tokens and service tokens, as one atomic step. Topics that it owns stay.
    ///
    /// - Returns: the keys of the topics on which it had a grant; nil where there is no such user.
    func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]?
}

/// Where a user stands in the order of all users. It need not exist any more.
public struct UserPlace: Hashable, Sendable {
    public let createdAt: Timestamp
    public let id: UserID

    public init(createdAt: Timestamp, id: UserID) {
        self.createdAt = createdAt
        self.id = id
    }

    /// Whether it comes before another: by creation, then by the id's bytes.
    public func precedes(_ other: UserPlace) -> Bool {
        if self.createdAt != other.createdAt { return self.createdAt < other.createdAt }
        return self.id.rawValue.utf8.lexicographicallyPrecedes(other.id.rawValue.utf8)
    }
}

extension User {
    /// Where the user stands in the order of all.
    public var place: UserPlace { UserPlace(createdAt: self.createdAt, id: self.id) }
}

/// How many users a store holds.
public struct UserCounts: Hashable, Sendable {
    /// Active or not.
    public var total: Int
    /// Those that may log in.
    public var active: Int

    public init(total: Int, active: Int) {
        self.total = total
        self.active = active
    }
}
