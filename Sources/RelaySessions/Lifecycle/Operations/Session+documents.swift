public import RelayWire

extension Session {
    /// A peer begins a document that the members edit together. Needs ``SessionCapabilities/edit``. Does nothing where there is one of that id.
    public func share(
        _ document: SharedDocumentID,
        by peer: PeerID,
        at now: Timestamp
    ) throws(SessionRefusal) -> SessionTransition {
        try self.transition(at: now) { (draft: inout SessionDraft) throws(SessionRefusal) in
            try draft.requireOpen()
            _ = try draft.requireConnected(peer)
            guard !draft.session.sharedDocuments.contains(document) else { return }
            try draft.require(.edit, of: .peer(peer))
            guard draft.session.sharedDocuments.count < draft.limits.sharedDocuments else { throw .full(.documents) }
            draft.session.sharedDocuments.append(document)
        }
    }
}
