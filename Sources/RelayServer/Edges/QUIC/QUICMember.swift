import RelayAccess
import RelayCore
import RelaySessions
import RelayTunnels

/// Whose a connection to the QUIC relay is: a peer of a session.
struct QUICMember {
    let session: SessionID
    let peer: PeerID
    /// As which peer an account's token acts; nil for a ticket, which says so itself.
    let named: String?
    /// Follows the session, and renews the ticket.
    let watch: PeerWatch
    /// What all that the session's peers send each other through the relay may take; nil for no limit.
    let bandwidth: SharedBandwidth?

    /// As whom it acts now; nil where it may not any more.
    var principal: Principal? { self.watch.session.standingPrincipal(requiring: .read)?.acting(as: self.named) }
}
