public import RelayCore
public import RelayWire
import Synchronization

/// One verified access token, good for as long as ``state(at:)`` says so.
///
/// A connection keeps its session and asks again whenever it acts: expiry, logout and every change of the user show at
/// once. Asking takes no lock and allocates nothing.
public final class Session: Sendable {
    /// The user's, shared by all sessions of the user.
    public let account: Account
    /// Nil for tokens of old relays, which can't be revoked.
    public let jti: String?
    /// When the token ends by itself.
    public let expiresAt: Timestamp
    /// By which of the user's passwords it was obtained; nil for a ticket, and a token of another issuer, which need none.
    let generation: Int64?
    /// The peer that a ticket is for; nil for an access token.
    public let peer: PeerStanding?
    /// What a service token is limited to; nil for all other tokens.
    public let scope: TokenScope?
    /// What another issuer's token lets its user do; nil for all other tokens.
    let permissions: Permissions?
    /// By which of the issuers that the relay has believed one after another its token was read, see ``SessionTable/issuersEpoch``; nil for all
    /// other tokens.
    let issuersEpoch: Int?
    /// The thumbprint of the key that has to be proven with each request; nil where the token is enough by itself.
    public let key: String?
    /// Whether its client acts as somebody without having shown a token: see ``init(guestOf:)``.
    public let isGuest: Bool
    private let revoked = Atomic<Bool>(false)

    init(account: Account, jti: String?, expiresAt: Timestamp, generation: Int64 = 0, scope: TokenScope? = nil) {
        self.account = account
        self.generation = generation
        self.jti = jti
        self.expiresAt = expiresAt
        self.peer = nil
        self.key = nil
        self.scope = scope
        self.permissions = nil
        self.issuersEpoch = nil
        self.isGuest = false
    }

    /// Of a token of another issuer. It can't be revoked by itself: its user can be deactivated.
    init(account: Account, person: ForeignTokenHolder, issuersEpoch: Int) {
        self.account = account
        self.generation = nil
        self.jti = nil
        self.expiresAt = person.expiresAt
        self.peer = nil
        self.key = nil
        self.scope = nil
        self.permissions = person.permissions
        self.issuersEpoch = issuersEpoch
        self.isGuest = false
    }

    /// Of who holds a ticket. It can't be revoked by itself: the kind of its topics knows what it is worth.
    init(account: Account, holder: TicketHolder) {
        self.account = account
        self.generation = nil
        self.jti = nil
        self.expiresAt = holder.expiresAt
        self.peer = holder.peer
        self.scope = nil
        self.permissions = nil
        self.issuersEpoch = nil
        self.key = holder.key
        self.isGuest = false
    }

    /// Of somebody who shows no token, where the relay lets such people act as a user whom its operator has named.
    ///
    /// Changes of that user act at once, as on any session. It is never an administrator's, and it does not expire.
    public init(guestOf account: Account) {
        self.account = account
        self.generation = nil
        self.jti = nil
        self.expiresAt = Timestamp(microseconds: .max)
        self.peer = nil
        self.key = nil
        self.scope = nil
        self.permissions = nil
        self.issuersEpoch = nil
        self.isGuest = true
    }

    /// Of all who show no token, where the relay lets such people in: ``Principal/anonymous``. It never ends.
    public static let anonymous = Session(
        account: Account(anonymous: .anonymous),
        jti: nil,
        expiresAt: Timestamp(microseconds: .max)
    )

    /// Whether the token was logged out.
    public var isRevoked: Bool { self.revoked.load(ordering: .acquiring) }

    /// For good: there is no way back.
    func revoke() {
        self.revoked.store(true, ordering: .releasing)
    }

    /// Whether the user has got a password of which the account does not know yet.
    var isAhead: Bool { self.generation.map { $0 > self.account.generation } ?? false }

    /// Whether the session is good at this moment, and who acts by it.
    public func state(at now: Timestamp) -> SessionState {
        let (standing, principal, generation) = self.account.snapshot
        let refusal = SessionState.refusal(
            standing: standing,
            isRevoked: self.isRevoked,
            isOfOtherPassword: self.generation.map { $0 != generation } ?? false,
            expiresAt: self.expiresAt,
            now: now
        )
        guard let refusal else { return .live(self.acting(principal)) }
        return .refused(AccessError(refusal))
    }

    /// Who holds a ticket, or no token, is an administrator of nothing, whatever the account is.
    private func acting(_ principal: Principal) -> Principal {
        if let scope = self.scope { return scope.limiting(principal) }
        if let permissions = self.permissions {
            return Principal(id: principal.id, username: principal.username, permissions: permissions)
        }
        guard self.peer != nil || self.isGuest else { return principal }
        return Principal(
            id: principal.id,
            username: principal.username,
            permissions: principal.permissions.subtracting(.admin),
            peer: self.peer
        )
    }

    /// Who acts by the session at this moment.
    ///
    /// - Throws: what stands against the session.
    public func principal(at now: Timestamp) throws(AccessError) -> Principal {
        switch self.state(at: now) {
        case .live(let principal): return principal
        case .refused(let error): throw error
        }
    }

    /// - Parameter permission: one of `read`, `write`, `admin`.
    public func principal(at now: Timestamp, requiring permission: Permissions) throws(AccessError) -> Principal {
        let principal = try self.principal(at: now)
        guard principal.permissions.isSuperset(of: permission) else {
            throw AccessError(.permissionRequired(permission))
        }
        return principal
    }
}
