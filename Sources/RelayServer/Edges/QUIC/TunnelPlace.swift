import RelaySessions
import RelayTunnels

/// A tunnel as one of its two connections has it.
struct TunnelPlace: Sendable {
    let tunnel: RelayedTunnel
    let side: RelayedTunnel.Side
    /// The other peer, and where it has the tunnel.
    let peer: PeerID
    let other: TunnelPeer
    /// Where this peer's bytes are accounted for; nil for nowhere.
    let use: PathUse?
    /// Of the session, for what this peer sends; nil for no limit, and where it is counted at the other relay.
    let bandwidth: SharedBandwidth?

    /// What this peer has sent, and what the other has.
    var sent: UInt64 { self.tunnel.bytes(from: self.side) }
    var received: UInt64 { self.tunnel.bytes(from: self.side.other) }

    /// One of the two connections counts the tunnel, and says that its peers have this way to each other.
    var counts: Bool { self.side == .opener }
}
