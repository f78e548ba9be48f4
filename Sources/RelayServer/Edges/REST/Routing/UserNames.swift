import RelayAccess
import RelayCore

/// The names of the users in a list, each asked for once.
struct UserNames {
    private let users: UserAdministration
    private var known: [UserID: String?] = [:]

    init(_ users: UserAdministration) {
        self.users = users
    }

    /// - Returns: nil where it can't be found out: nobody is called so any more, or the user's record can't be read.
    mutating func name(of user: UserID) async -> String? {
        if let known = self.known[user] { return known }
        let name = try? await self.users.user(user).username
        self.known.updateValue(name, forKey: user)
        return name
    }
}
