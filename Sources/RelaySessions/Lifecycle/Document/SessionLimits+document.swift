extension SessionLimits {
    /// The most that can be configured of each, and so the most that a stored session has.
    static let ceilings: SessionLimits = {
        var limits = SessionLimits()
        limits.peers = .max
        limits.metadataBytes = .max
        limits.profileBytes = .max
        limits.invites = .max
        limits.departedPeers = .max
        limits.repeatableJoins = .max
        limits.barredKeys = .max
        limits.locks = .max
        limits.tunnels = .max
        limits.sharedDocuments = .max
        return limits
    }()

    /// The longest that a session's document can be under these limits, in bytes: about 700 KB by default. Usual ones have a few hundred
    /// bytes, and some 250 for each peer.
    public var maximumDocumentBytes: Int {
        let (session, peer, account) = (2 + 64, 2 + 255, 1 + 2 + 255)
        let (ticket, element, tunnel, node, shared) = (2 + 128, 2 + 255, 2 + 64, 2 + 255, 2 + 128)
        let (digest, moment, count) = (32, 8, 2)
        let known = peer + account + 2 + (1 + digest) + 2 * ticket + 1
        let identity = 1 + peer + account + (1 + digest) + ticket
        let head = 5 + session + 8 + (1 + moment + 1) + 1 + account + peer + 1 + 3 * moment + (1 + peer) + identity
        return head + (4 + self.metadataBytes) + 11 * count + 1 + 8
            + self.peers * (known + digest + 4 + self.profileBytes + moment + 1 + 8 + moment + peer + 8 + peer + node)
            + self.departedPeers * known
            + self.invites * (ticket + 2 + 4 + moment + 1 + 1 + peer)
            + self.repeatableJoins * (digest + account + ticket + moment)
            + (self.barredKeys + self.peers) * digest
            + self.locks * (element + peer + 8 + moment)
            + self.tunnels * (tunnel + 2 * peer + 1 + 1 + node)
            + self.tunnels * (tunnel + 2 * peer + 1 + node)
            + self.sharedDocuments * shared
    }
}
