import Crypto
public import RelayCore
import RelayWire

/// What a session is made with.
public struct SessionCreation: Hashable, Sendable {
    /// The peer id that the host will have.
    public var host: PeerID
    public var hostPolicy: Session.HostPolicy
    /// What they become who use the join token after the host.
    public var defaultRole: SessionRole
    /// A JSON object's text.
    public var metadata: [UInt8]
    /// The session's id, where whoever makes it has chosen one; nil for a random one. There must be no such session yet.
    public var name: SessionID?

    public init(
        host: PeerID,
        hostPolicy: Session.HostPolicy = .close,
        defaultRole: SessionRole = .editor,
        metadata: [UInt8] = Array("{}".utf8)
    ) {
        self.host = host
        self.hostPolicy = hostPolicy
        self.defaultRole = defaultRole
        self.metadata = metadata
    }
}

/// A session that was made, and the tickets of who made it.
public struct CreatedSession: Sendable {
    public let session: Session
    /// Makes its first user host, and later ones what the session's default role says.
    public let joinToken: String
    /// Makes its user host, once.
    public let hostToken: String
}

extension SessionService {
    /// Makes a session.
    ///
    /// - Parameters:
    ///   - principal: an account that may write; nil for nobody's, where the relay lets everybody make sessions.
    ///   - address: whose sessions count together where there is no account: an address, of IPv6 the network that one client has.
    ///   - key: whatever the client calls this request. The same account's with the same key is the same session.
    public func create(
        _ creation: SessionCreation,
        as principal: Principal?,
        from address: String,
        once key: String? = nil
    ) async throws(SessionFailure) -> CreatedSession {
        guard !self.isDraining else { throw .draining }
        guard principal != nil || self.settings.allowsAnonymous else { throw .unauthenticated }
        guard principal?.permissions.contains(.write) ?? true else { throw .lacks(.write) }
        let id = if let name = creation.name { name } else { try await self.newID(for: principal, once: key) }
        let request = SessionRequest(
            id: id,
            owner: principal.flatMap { AccountID($0.id.rawValue) },
            host: creation.host,
            hostPolicy: creation.hostPolicy,
            defaultRole: creation.defaultRole,
            metadata: creation.metadata
        )
        let now = self.now
        let rules = self.settings.rules
        let transition = try await self.transition(
            request.id,
            at: now,
            owner: try await self.holder(of: principal, at: address),
            within: TopicQuota(
                maxPerUser: principal == nil
                    ? self.settings.maxAnonymousSessionsPerAddress : self.settings.maxSessionsPerAccount,
                maxInAll: self.settings.maxSessions
            )
        ) { (access) throws(SessionRefusal) in
            guard access.record == nil else {
                guard let session = access.state as? Session else { throw .unreadable }
                guard creation.name == nil, session.isMade(by: request) else { throw .requestDiffers }
                return .keep(SessionTransition(session: session, events: []))
            }
            return Self.store(try Session.create(request, rules: rules, at: now), at: now)
        }
        // Never before the session, by whose clock ever.
        let start = max(now, transition.session.createdAt)
        return try await self.tickets(for: transition.session, of: request.owner, at: start)
    }

    /// By whom sessions are counted. An address is not told to who may see a topic's owner.
    private func holder(of principal: Principal?, at address: String) async throws(SessionFailure) -> UserID {
        if let principal { return principal.id }
        let secret = try await self.keys.current().current.secret(for: "addresses of those without an account, 1")
        let digest = HMAC<SHA256>.authenticationCode(for: Array(address.utf8), using: secret)
        return UserID("anonymous-\(String(hexadecimal: Array(digest.prefix(8))))")
    }

    private func tickets(
        for session: Session,
        of account: AccountID?,
        at now: Timestamp
    ) async throws(SessionFailure) -> CreatedSession {
        var generator = SystemRandomNumberGenerator()
        let (minter, scope) = (try await self.minter(), session.ticketScope)
        do throws(TicketMintingError) {
            let shared = try minter.hostClaim(to: scope, isShared: true, account: account, at: now, using: &generator)
            let own = try minter.hostClaim(to: scope, isShared: false, account: account, at: now, using: &generator)
            return CreatedSession(session: session, joinToken: shared.text, hostToken: own.text)
        } catch {
            throw .minting(error)
        }
    }

    /// Nobody guesses it: it is random, or made with a secret of the cluster from what the client calls its request.
    private func newID(for principal: Principal?, once key: String?) async throws(SessionFailure) -> SessionID {
        var generator = SystemRandomNumberGenerator()
        guard let key, let principal else { return .random(using: &generator) }
        let secret = try await self.keys.current().current.secret(for: "ids of sessions made once, 1")
        let account = Array(principal.id.rawValue.utf8)
        let message = [UInt8(account.count >> 8 & 0xFF), UInt8(account.count & 0xFF)] + account + Array(key.utf8)
        return .ofDigest(HMAC<SHA256>.authenticationCode(for: message, using: secret).prefix(16))
    }
}

extension Session {
    /// What tickets are for: no longer than the session lives by now.
    var ticketScope: TicketMinter.Scope { TicketMinter.Scope(id: self.id, endsAt: self.expiresAt) }

    fileprivate func isMade(by request: SessionRequest) -> Bool {
        self.owner == request.owner && self.declaredHost == request.host && self.hostPolicy == request.hostPolicy
            && self.defaultRole == request.defaultRole && self.metadata == request.metadata
    }
}
