import RelayWire
import Synchronization

/// How many bytes a session's messages, and those of each of its peers, make this relay keep.
///
/// Topics that are not kept have their messages for ``SessionTopic/hotSeconds``. In any such time a session's may have
/// ``SessionMessageLimits/sessionBytes``, and a peer's ``SessionMessageLimits/peerBytes``, whichever way they come. Half of it may come at once, and
/// the other half over the time.
final class SessionByteBudget: Sendable {
    /// What has come, less what time has taken off.
    private struct Level {
        var bytes = 0.0
        var at: Timestamp

        /// As of `now`. A clock that is set back takes nothing off.
        func drained(_ limit: Int, at now: Timestamp) -> Double {
            let seconds = max(0, Double(now.microseconds - self.at.microseconds) / 1_000_000)
            return max(0, self.bytes - seconds * Double(limit) / 2 / Double(SessionTopic.hotSeconds))
        }
    }

    private struct Account {
        var whole: Level
        var peers: [PeerID: Level] = [:]
    }

    private struct Table {
        var accounts: [SessionID: Account] = [:]
        var sweepsAtCount = SessionByteBudget.smallestSweep
    }

    private static let smallestSweep = 1024
    /// Of a session with more, those that have nothing here are forgotten.
    private static let manyPeers = 128

    /// What a message would have been too much for.
    enum Refusal: Error {
        case session
        case peer
    }

    private let sessionBytes: Int
    private let peerBytes: Int
    private let table = Mutex(Table())

    init(_ limits: SessionMessageLimits) {
        self.sessionBytes = limits.sessionBytes
        self.peerBytes = limits.peerBytes
    }

    /// A message has come. One that is refused is not counted.
    func take(_ bytes: Int, of peer: PeerID, in session: SessionID, at now: Timestamp) throws(Refusal) {
        let outcome: Result<Void, Refusal> = self.table.withLock { table in
            if table.accounts.count >= table.sweepsAtCount { self.sweep(&table, at: now) }
            var account = table.accounts[session] ?? Account(whole: Level(at: now))
            if account.peers.count >= Self.manyPeers { account.peers = self.busy(account.peers, at: now) }
            let whole = account.whole.drained(self.sessionBytes, at: now) + Double(bytes)
            let own = (account.peers[peer]?.drained(self.peerBytes, at: now) ?? 0) + Double(bytes)
            guard whole <= Double(self.sessionBytes) / 2 else { return .failure(.session) }
            guard own <= Double(self.peerBytes) / 2 else { return .failure(.peer) }
            account.whole = Level(bytes: whole, at: now)
            account.peers[peer] = Level(bytes: own, at: now)
            table.accounts[session] = account
            return .success(())
        }
        try outcome.get()
    }

    private func busy(_ peers: [PeerID: Level], at now: Timestamp) -> [PeerID: Level] {
        peers.filter { $0.value.drained(self.peerBytes, at: now) > 0 }
    }

    /// Forgets who has nothing here any more.
    private func sweep(_ table: inout Table, at now: Timestamp) {
        for (id, account) in table.accounts {
            let peers = self.busy(account.peers, at: now)
            let isOver = peers.isEmpty && account.whole.drained(self.sessionBytes, at: now) == 0
            table.accounts[id] = isOver ? nil : Account(whole: account.whole, peers: peers)
        }
        table.sweepsAtCount = max(Self.smallestSweep, 2 * table.accounts.count)
    }
}
