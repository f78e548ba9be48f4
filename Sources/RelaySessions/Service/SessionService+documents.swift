public import RelayCore

extension SessionService {
    /// Begins a document of a session, as the peer as which `principal` acts. Does nothing where there is one of that id.
    ///
    /// - Returns: whether it is new.
    public func share(
        _ document: SharedDocumentID,
        in id: SessionID,
        as principal: Principal
    ) async throws(SessionFailure) -> Bool {
        var isNew = false
        _ = try await self.change(id, as: principal) { (session, actor, now) throws(SessionRefusal) in
            isNew = !session.sharedDocuments.contains(document)
            return try session.share(document, by: try actor.asPeer, at: now)
        }
        return isNew
    }
}
