public import RelayCore
import Synchronization

/// One user as the running relay knows it: at most one live object for each user, shared by all its sessions.
///
/// What can change is one atomic word, so every look at it is current and takes no lock. Only ``AccountDirectory``
/// writes it, under its own lock.
public final class Account: Sendable {
    /// Whether the user may do anything at all.
    public enum Standing: UInt8, Sendable {
        /// A change could not be read back from the store: nothing is allowed until it was.
        case unknown
        case active
        case inactive
        case deleted
    }

    public let id: UserID
    /// Never changes: users can't be renamed.
    public let username: String
    /// The standing in the lowest byte, the permissions in the next, the password's generation in the other six.
    private let word: Atomic<UInt64>
    /// What the user has under way.
    public let load: UserLoad

    /// - Parameter load: of the account before, where something that it began is still under way.
    init(_ user: User, load: UserLoad = UserLoad()) {
        self.load = load
        self.id = user.id
        self.username = user.username
        self.word = Atomic(Self.word(for: user))
    }

    /// Of nobody's account: whoever holds a ticket may read and write what it is for.
    init(holderOf ticket: TicketHolding, named name: String) {
        self.load = UserLoad()
        self.id = UserID("ticket-\(ticket.id)")
        self.username = name
        let permissions: Permissions = [.read, .write]
        self.word = Atomic(UInt64(Standing.active.rawValue) | UInt64(permissions.rawValue) << 8)
    }

    /// Of all who show no token.
    init(anonymous principal: Principal) {
        self.load = UserLoad()
        self.id = principal.id
        self.username = principal.username
        self.word = Atomic(UInt64(Standing.active.rawValue) | UInt64(principal.permissions.rawValue) << 8)
    }

    /// What the store says of the user, as far as this relay knows.
    public var standing: Standing { Self.standing(in: self.word.load(ordering: .acquiring)) }

    /// Who the user is now. Worth something only while the standing is active: see ``Session/state(at:)``.
    public var principal: Principal { self.principal(in: self.word.load(ordering: .acquiring)) }

    /// The ``User/passwordGeneration``: by which password tokens must have been obtained.
    public var generation: Int64 { Self.generation(in: self.word.load(ordering: .acquiring)) }

    /// All of one moment.
    var snapshot: (standing: Standing, principal: Principal, generation: Int64) {
        let word = self.word.load(ordering: .acquiring)
        return (Self.standing(in: word), self.principal(in: word), Self.generation(in: word))
    }

    /// - Parameter user: nil where the store has no such user any more.
    func become(_ user: User?) {
        self.word.store(user.map(Self.word) ?? UInt64(Standing.deleted.rawValue), ordering: .releasing)
    }

    func becomeUnknown() {
        self.word.store(UInt64(Standing.unknown.rawValue), ordering: .releasing)
    }

    private static func word(for user: User) -> UInt64 {
        let standing: Standing = user.isActive ? .active : .inactive
        return UInt64(standing.rawValue) | UInt64(user.permissions.rawValue) << 8
            | UInt64(truncatingIfNeeded: user.passwordGeneration) << 16
    }

    private static func generation(in word: UInt64) -> Int64 { Int64(word >> 16) }

    private static func standing(in word: UInt64) -> Standing {
        Standing(rawValue: UInt8(truncatingIfNeeded: word)) ?? .unknown
    }

    private func principal(in word: UInt64) -> Principal {
        Principal(
            id: self.id,
            username: self.username,
            permissions: Permissions(rawValue: UInt8(truncatingIfNeeded: word >> 8))
        )
    }
}
