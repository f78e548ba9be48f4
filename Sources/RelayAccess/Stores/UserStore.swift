public import RelayCore

/// The users.
public protocol UserStore: Sendable {
    /// - Returns: false, with nothing stored, where the username is taken.
    func createUser(_ user: User) async throws(StoreError) -> Bool

    func user(_ id: UserID) async throws(StoreError) -> User?

    /// The user of exactly this name, byte for byte.
    func user(named username: String) async throws(StoreError) -> User?

    /// All users, ordered by creation, then id.
    func users() async throws(StoreError) -> [User]

    func userCounts() async throws(StoreError) -> UserCounts

    /// Changes only what is given.
    ///
    /// - Returns: the user as it is now; nil where there is no such user.
    func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User?

    /// Deletes the user with its grants and refresh tokens, as one atomic step. Topics that it owns stay.
    ///
    /// - Returns: the keys of the topics on which it had a grant; nil where there is no such user.
    func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]?
}

/// How many users a store holds.
public struct UserCounts: Hashable, Sendable {
    /// Active or not.
    public var total: Int
    public var active: Int

    public init(total: Int, active: Int) {
        self.total = total
        self.active = active
    }
}
