import RelaySessions
import Synchronization

/// Counts the bytes that the relay carries between two peers in one way. Whoever carries them adds to it, on any loop.
final class PathAccount: Sendable {
    private let fromLower = Atomic<Int64>(0)
    private let fromHigher = Atomic<Int64>(0)

    /// From the peer with the lower id to the other.
    var upward: Int64 { self.fromLower.load(ordering: .relaxed) }
    var downward: Int64 { self.fromHigher.load(ordering: .relaxed) }

    fileprivate func add(_ count: Int, fromLower isLower: Bool) {
        if isLower {
            self.fromLower.wrappingAdd(Int64(count), ordering: .relaxed)
        } else {
            self.fromHigher.wrappingAdd(Int64(count), ordering: .relaxed)
        }
    }
}

/// A connection of one peer by which the relay carries bytes to another.
struct PathUse: Sendable {
    let mode: PathMode
    let session: SessionID
    let pair: PeerPair
    private let isLower: Bool
    private let account: PathAccount
    private let ledger: PathLedger

    init(
        _ mode: PathMode,
        from peer: PeerID,
        _ pair: PeerPair,
        in session: SessionID,
        _ account: PathAccount,
        _ ledger: PathLedger
    ) {
        self.mode = mode
        self.session = session
        self.pair = pair
        self.isLower = peer == pair.lower
        self.account = account
        self.ledger = ledger
    }

    /// Bytes of the peer go on to the other.
    func carried(_ count: Int) { self.account.add(count, fromLower: self.isLower) }

    /// The two are connected. To be called for one of the two connections.
    func opened() { self.ledger.opened(self) }

    /// They are not any more. Likewise.
    func closed() { self.ledger.closed(self) }
}
