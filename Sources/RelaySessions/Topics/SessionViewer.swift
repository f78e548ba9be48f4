public import RelayCore

/// Who somebody is to a session.
public enum SessionViewer: Hashable, Sendable {
    case relay
    /// A peer of the roster: by its own ticket, or by the account that it belongs to.
    case peer(SessionPeer)
    /// Was a peer when the session ended, and may see how.
    case former(PeerID)
    /// The account that made the session, or one with a peer in it, that does not say as which peer it acts.
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
        if principal == .relay { return .relay }
        if let ticket = principal.ticket { return self.viewer(principal.peer, ticket) }
        if let peer = principal.peer {
            let named = PeerID(peer).flatMap { self.peer($0) }
            guard let named, self.isAccount(named.account, principal.id) else { return .stranger }
            return .peer(named)
        }
        if principal.isAdmin { return .administrator }
        let isMember =
            self.isAccount(self.owner, principal.id)
            || self.peers.contains { self.isAccount($0.account, principal.id) }
            || self.state.isEnded && self.departed.contains { self.isAccount($0.account, principal.id) }
        return isMember ? .member : .stranger
    }

    private func viewer(_ peer: String?, _ ticket: TicketHolding) -> SessionViewer {
        guard let peer = peer.flatMap(PeerID.init), ticket.root.rawValue.hasSuffix("/\(self.id)") else {
            return .stranger
        }
        if let known = self.peer(peer), known.ticket.text == ticket.id { return .peer(known) }
        guard self.state.isEnded else { return .stranger }
        let former = self.departed.first { $0.id == peer && $0.ticket.text == ticket.id }
        return former.map { .former($0.id) } ?? .stranger
    }

    private func isAccount(_ account: AccountID?, _ user: UserID) -> Bool {
        account?.text == user.rawValue
    }
}
