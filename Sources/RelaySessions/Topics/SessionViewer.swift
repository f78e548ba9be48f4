public import RelayCore

/// Who somebody is to a session.
public enum SessionViewer: Hashable, Sendable {
    case relay
    /// A peer of the roster: by its own ticket, or by the account that it belongs to.
    case peer(SessionPeer)
    /// Was a peer with ``SessionCapabilities/read`` when the session ended, and may see how.
    case former(PeerID)
    /// The account that made the session, or one with a peer in it that may read, that does not say as which peer it acts.
    case member
    case administrator
    case stranger
}

extension Session {
    /// Who `principal` is.
    ///
    /// A ticket is worth what the roster says of its peer: none for who was kicked. A peer that is named together with an account's token has to
    /// be that account's.
    public func viewer(_ principal: Principal) -> SessionViewer {
        if principal.isRelay { return .relay }
        if let standing = principal.peer {
            guard let peer = PeerID(standing.id) else { return .stranger }
            if let ticket = standing.ticket { return self.viewer(peer, ticket) }
            guard let named = self.peer(peer), self.isAccount(named.account, principal.id) else { return .stranger }
            return .peer(named)
        }
        if principal.isAdmin { return .administrator }
        let isMember =
            self.isAccount(self.owner, principal.id)
            || self.peers.contains { self.isAccount($0.account, principal.id) && $0.capabilities.contains(.read) }
            || self.state.isEnded
                && self.departed.contains {
                    self.isAccount($0.account, principal.id) && $0.capabilities.contains(.read)
                }
        return isMember ? .member : .stranger
    }

    /// The broker has seen to it that the ticket is for this session.
    private func viewer(_ peer: PeerID, _ ticket: TicketHolding) -> SessionViewer {
        if let known = self.peer(peer), known.ticket.text.isExactly(ticket.id) { return .peer(known) }
        guard self.state.isEnded else { return .stranger }
        let former = self.departed.first {
            $0.id == peer && $0.ticket.text.isExactly(ticket.id) && $0.capabilities.contains(.read)
        }
        return former.map { .former($0.id) } ?? .stranger
    }

    private func isAccount(_ account: AccountID?, _ user: UserID) -> Bool {
        account?.text.isExactly(user.rawValue) ?? false
    }
}
