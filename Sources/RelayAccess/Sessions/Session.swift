public import RelayCore
public import RelayWire
import Synchronization

/// One verified access token, good for as long as ``state(at:)`` says so.
///
/// A connection keeps its session and asks again whenever it acts: expiry, logout and every change of the user show at
/// once. Asking takes no lock and allocates nothing.
public final class Session: Sendable {
    public let account: Account
    /// Nil for tokens of old relays, which can't be revoked.
    public let jti: String?
    public let expiresAt: Timestamp
    /// By which of the user's passwords it was obtained. A ticket needs none: it is 0 then, and means nothing.
    let generation: Int64
    /// The peer that a ticket is for; nil for an access token.
    public let peer: PeerStanding?
    /// The thumbprint of the key that has to be proven with each request; nil where the token is enough by itself.
    public let key: String?
    private let revoked = Atomic<Bool>(false)

    init(account: Account, jti: String?, expiresAt: Timestamp, generation: Int64 = 0) {
        self.account = account
        self.generation = generation
        self.jti = jti
        self.expiresAt = expiresAt
        self.peer = nil
        self.key = nil
    }

    /// Of who holds a ticket. It can't be revoked by itself: the kind of its topics knows what it is worth.
    init(account: Account, holder: TicketHolder) {
        self.account = account
        self.generation = 0
        self.jti = nil
        self.expiresAt = holder.expiresAt
        self.peer = holder.peer
        self.key = holder.key
    }

    /// Of all who show no token, where the relay lets such people in: ``Principal/anonymous``. It never ends.
    public static let anonymous = Session(
        account: Account(anonymous: .anonymous),
        jti: nil,
        expiresAt: Timestamp(microseconds: .max)
    )

    public var isRevoked: Bool { self.revoked.load(ordering: .acquiring) }

    /// For good: there is no way back.
    func revoke() {
        self.revoked.store(true, ordering: .releasing)
    }

    /// Whether the user has got a password of which the account does not know yet.
    var isAhead: Bool { self.peer == nil && self.generation > self.account.generation }

    public func state(at now: Timestamp) -> SessionState {
        let (standing, principal, generation) = self.account.snapshot
        let refusal = SessionState.refusal(
            standing: standing,
            isRevoked: self.isRevoked,
            isOfOtherPassword: self.peer == nil && self.generation != generation,
            expiresAt: self.expiresAt,
            now: now
        )
        guard let refusal else { return .live(self.acting(principal)) }
        return .refused(AccessError(refusal))
    }

    /// Who holds a ticket is an administrator of nothing, whatever the account is.
    private func acting(_ principal: Principal) -> Principal {
        guard let peer = self.peer else { return principal }
        return Principal(
            id: principal.id,
            username: principal.username,
            permissions: principal.permissions.subtracting(.admin),
            peer: peer
        )
    }

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
