public import RelayCore
import RelayWire

/// An invite as it is given out.
public struct MintedInvite: Sendable {
    public let invite: SessionInvite
    /// The ticket itself. Secret.
    public let token: String
}

extension SessionService {
    /// Takes out the peer as which `principal` acts.
    public func leave(_ id: SessionID, as principal: Principal) async throws(SessionFailure) -> Session {
        try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            guard case .peer(let peer) = actor else { throw .notMember }
            return try session.leave(peer, at: now)
        }
    }

    /// Ends the session, after its notice.
    public func close(_ id: SessionID, as principal: Principal) async throws(SessionFailure) -> Session {
        try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.close(by: actor, at: now)
        }
    }

    /// Puts a peer out for the session's life.
    public func kick(
        _ peer: PeerID,
        from id: SessionID,
        reason: String,
        as principal: Principal
    ) async throws(SessionFailure) -> Session {
        try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.kick(peer, by: actor, reason: reason, at: now)
        }
    }

    /// Makes a peer something else.
    ///
    /// - Parameter capabilities: nil for what the role usually has.
    public func setRole(
        of peer: PeerID,
        in id: SessionID,
        to role: SessionRole,
        capabilities: SessionCapabilities? = nil,
        as principal: Principal
    ) async throws(SessionFailure) -> Session {
        try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.changeRole(of: peer, to: role, capabilities: capabilities, by: actor, at: now)
        }
    }

    /// Makes an invite.
    ///
    /// - Parameters:
    ///   - uses: how many may come in by it, from 1 to ``TicketClaims/maximumUses``.
    ///   - seconds: how long it is good; nil for ``TicketMinter/Lifetimes/invitation``.
    public func invite(
        to id: SessionID,
        as role: SessionRole,
        only capabilities: SessionCapabilities? = nil,
        uses: UInt32 = 1,
        seconds: Int64? = nil,
        by principal: Principal
    ) async throws(SessionFailure) -> MintedInvite {
        let lifetime = seconds ?? self.settings.lifetimes.invitation
        var generator = SystemRandomNumberGenerator()
        let jti = TicketID.random(using: &generator)
        let session = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            guard uses <= UInt32(TicketClaims.maximumUses) else { throw .invalid(.uses) }
            return try session.createInvite(
                jti,
                role: role,
                capabilities: capabilities,
                uses: uses,
                expiresAt: now.adding(seconds: lifetime),
                by: actor,
                at: now
            )
        }
        guard let invite = session.invites.first(where: { $0.id == jti }) else { throw .refused(.inviteUnknown) }
        let minter = try await self.minter()
        do throws(TicketMintingError) {
            let ticket = try minter.invitation(
                // It may be used for as long as the host may put the session's end off.
                to: TicketMinter.Scope(id: session.id, endsAt: session.endsBy),
                as: role,
                only: invite.capabilities,
                uses: Int(uses),
                seconds: lifetime,
                id: jti,
                at: self.now
            )
            return MintedInvite(invite: invite, token: ticket.text)
        } catch {
            throw .minting(error)
        }
    }

    /// Makes an invite worthless. Who is in by it stays.
    public func revokeInvite(
        _ jti: TicketID,
        of id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> Session {
        try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            try session.revokeInvite(jti, by: actor, at: now)
        }
    }
}
