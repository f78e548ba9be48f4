public import RelayCore
import RelayWire

/// Somebody whom an issuer has vouched for.
public struct FederatedPerson: Hashable, Sendable {
    public var identity: FederatedIdentity
    /// What may become the user's name, best first.
    public var names: [String?]
    public var email: String?
    /// What the user gets who is made for them.
    public var permissions: Permissions
    /// Whether the issuer says at each sign-in what its users may do: then these replace what the user had.
    public var decidesPermissions: Bool

    public init(
        identity: FederatedIdentity,
        names: [String?],
        email: String? = nil,
        permissions: Permissions,
        decidesPermissions: Bool
    ) {
        self.identity = identity
        self.names = names
        self.email = email
        self.permissions = permissions
        self.decidesPermissions = decidesPermissions
    }
}

/// The users who come from elsewhere: each is found by issuer and subject alone, and by nothing that a provider lets its users choose.
public struct FederatedUsers: Sendable {
    private static let longestEmail = 320

    private let store: any UserStore
    private let users: UserAdministration
    private let now: TimeSource

    init(store: any UserStore, users: UserAdministration, now: @escaping TimeSource) {
        self.store = store
        self.users = users
        self.now = now
    }

    /// The user of a person, who is made at the first sign-in.
    ///
    /// - Parameter provider: by what a name is told from the same name of another provider.
    /// - Returns: the user, and whether it has just been made.
    ///
    /// Throws `localAccount` where a user who has a password, or belongs to nobody elsewhere, has the name: nobody gets such an account by a
    /// name that a provider gave out. Throws `accountInactive`, `unavailable`.
    public func user(
        for person: FederatedPerson,
        of provider: String
    ) async throws(AccessError) -> (user: User, isNew: Bool) {
        if let user = try await self.known(person.identity) { return (try await self.updated(user, by: person), false) }
        let name = FederatedName(person.names, provider: provider, subject: person.identity.subject)
        for candidate in name.candidates {
            let user = self.newUser(person, named: candidate)
            let isNew = try await AccessError.fromStore { () throws(StoreError) in try await self.store.createUser(user)
            }
            if isNew { return (user, true) }
            // Somebody who signs in twice at once is the same person.
            if let known = try await self.known(person.identity) {
                return (try await self.updated(known, by: person), false)
            }
            guard let other = try await self.users.user(named: candidate) else { continue }
            guard other.identity != nil else { throw AccessError(.localAccount) }
        }
        throw AccessError(.overloaded, cause: "no name was free")
    }

    private func known(_ identity: FederatedIdentity) async throws(AccessError) -> User? {
        try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(of: identity) }
    }

    private func updated(_ user: User, by person: FederatedPerson) async throws(AccessError) -> User {
        guard user.isActive else { throw AccessError(.accountInactive) }
        guard person.decidesPermissions, user.permissions != person.permissions else { return user }
        return try await self.users.change(user.id, UserChanges(permissions: person.permissions))
    }

    /// Whether a provider's text may be shown as an address: in a list on a terminal, too.
    private static func isFit(_ email: String) -> Bool {
        email.utf8.count <= Self.longestEmail
            && email.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }
    }

    private func newUser(_ person: FederatedPerson, named name: String) -> User {
        User(
            id: UserID(SecureRandom.uuid()),
            username: name,
            createdAt: self.now(),
            email: person.email.flatMap { Self.isFit($0) ? $0 : nil },
            permissions: person.permissions,
            passwordHash: nil,
            identity: person.identity
        )
    }
}
