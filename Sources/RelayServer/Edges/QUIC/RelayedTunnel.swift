import NIOCore
import RelaySessions
import Synchronization

/// A tunnel between two peers that both have a QUIC connection to this relay: the session's tunnel, by its id there, and what it has carried.
///
/// Shared by both connections, on whichever loops they are. What changes is counts.
final class RelayedTunnel: Sendable {
    enum Side: Sendable {
        /// Has bound the tunnel.
        case opener
        /// To whom it was bound.
        case target
    }

    let id: TunnelID
    let kind: String
    private let fromOpener = Atomic<UInt64>(0)
    private let fromTarget = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)

    init(_ id: TunnelID, kind: String) {
        self.id = id
        self.kind = kind
    }

    func carried(_ count: Int, from side: Side) {
        switch side {
        case .opener: self.fromOpener.wrappingAdd(UInt64(count), ordering: .relaxed)
        case .target: self.fromTarget.wrappingAdd(UInt64(count), ordering: .relaxed)
        }
    }

    /// Bytes from that side that have gone on to the other.
    func bytes(from side: Side) -> UInt64 {
        switch side {
        case .opener: self.fromOpener.load(ordering: .relaxed)
        case .target: self.fromTarget.load(ordering: .relaxed)
        }
    }

    /// A datagram was dropped, whose ever it was.
    func droppedDatagram() { self.dropped.wrappingAdd(1, ordering: .relaxed) }

    var droppedDatagrams: UInt64 { self.dropped.load(ordering: .relaxed) }
}

/// A tunnel as one of its two connections has it.
struct TunnelPlace: Sendable {
    let tunnel: RelayedTunnel
    let side: RelayedTunnel.Side
    /// The other peer, its connection, and the number of the tunnel there.
    let peer: PeerID
    let other: LoopReference<QUICAllocation>
    let otherNumber: UInt64
    /// Where this peer's bytes are accounted for; nil for nowhere.
    let use: PathUse?

    /// What this peer has sent, and what the other has.
    var sent: UInt64 { self.tunnel.bytes(from: self.side) }
    var received: UInt64 { self.tunnel.bytes(from: self.side == .opener ? .target : .opener) }

    /// One of the two connections counts the tunnel, and says that its peers have this way to each other.
    var counts: Bool { self.side == .opener }
}
