public import RelayWire

extension Session {
    /// A peer has its QUIC connection at a relay that others can reach, and not where it had one before.
    ///
    /// Nobody is told.
    public func placePeer(
        _ peer: PeerID,
        at node: NodeURL,
        now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireNotEnded()
            guard draft.place(of: peer) != nil else { throw .peerUnknown }
            guard let place = draft.session.places.firstIndex(where: { $0.peer == peer }) else {
                return draft.session.places.append(PeerPlace(peer: peer, node: node))
            }
            draft.session.places[place].node = node
        }
    }

    /// Where a peer had its QUIC connection last; nil where it has had none that other relays could reach.
    public func node(of peer: PeerID) -> NodeURL? { self.places.first { $0.peer == peer }?.node }
}
