import RelayWire

extension SessionService {
    /// A peer's connection is gone for certain, which its lease would show only later.
    ///
    /// One that was replaced meanwhile is nobody's loss. What can't be told now, the end of the lease tells.
    public func connectionLost(_ connection: ConnectionID, of peer: PeerID, in id: SessionID) async {
        _ = try? await self.change(id) { (session, now) throws(SessionRefusal) in
            try session.connectionLost(connection, of: peer, at: now)
        }
    }
}
