import NIOCore
import RelayCore
import RelaySessions
import RelayWire
import Synchronization

/// Which peers of which sessions have a QUIC connection to this relay.
///
/// Owns the table, in a short `Mutex`: asked when a connection is let in or ends, and when a tunnel is bound. Bytes don't pass here.
final class AllocationHub: Sendable {
    struct Entry: Sendable {
        let connection: LoopReference<QUICAllocation>
        /// As whom its tunnels are accepted.
        let principal: Principal
    }

    private struct Key: Hashable {
        let session: SessionID
        let peer: PeerID
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// - Returns: the peer's connection of before, whose place this one has taken.
    func enter(_ entry: Entry, as peer: PeerID, of session: SessionID) -> Entry? {
        self.entries.withLock { entries in
            let key = Key(session: session, peer: peer)
            defer { entries[key] = entry }
            return entries[key]
        }
    }

    /// The connection is over. One that was replaced has no place any more.
    func leave(_ connection: LoopReference<QUICAllocation>, as peer: PeerID, of session: SessionID) {
        self.entries.withLock { entries in
            let key = Key(session: session, peer: peer)
            if entries[key]?.connection == connection { entries[key] = nil }
        }
    }

    func find(_ peer: PeerID, of session: SessionID) -> Entry? {
        self.entries.withLock { $0[Key(session: session, peer: peer)] }
    }
}
