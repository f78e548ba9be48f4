import NIOCore
import RelaySessions
import Synchronization

/// A tunnel between two peers that both have a QUIC connection: the session's tunnel, by its id there, and what it has carried.
///
/// Shared by both connections, or where one is at another relay by the one that is here and its ``TunnelLink``, on whichever loops they are. What
/// changes is counts.
final class RelayedTunnel: Sendable {
    enum Side: Sendable {
        /// Has bound the tunnel.
        case opener
        /// To whom it was bound.
        case target

        var other: Side { self == .opener ? .target : .opener }
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
