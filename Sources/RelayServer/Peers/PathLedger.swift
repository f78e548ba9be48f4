import Logging
import RelaySessions
import RelayWire
import Synchronization

/// The one ``PathBook`` of this relay: takes what happens, counts it, and logs each change of a way.
///
/// Owns the book, and what peers tell of their NATs, each in a short `Mutex`: at a connection's begin and end, and at what peers say. Bytes are counted without it.
final class PathLedger: Sendable {
    /// Whether there may be other relays to tell, and to be told by.
    let tells: Bool
    private let book: Mutex<PathBook>
    private let natBook = Mutex(NATBook())
    /// Names this relay to those that share its store.
    private let relay = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    private let metrics: PathMetrics
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter tells: whether other relays may be told what this one knows.
    init(
        metrics: PathMetrics,
        limit: Int = PathBook.standardLimit,
        tells: Bool = false,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.tells = tells
        self.book = Mutex(PathBook(limit: limit, tells: tells))
        self.metrics = metrics
        self.now = now
        self.logger = logger
    }

    /// Bytes that one report adds to the metrics at the most: nobody checks what peers say, and a count has an end.
    private static let mostReported: Int64 = 64 << 30

    /// For a peer's connection by which the relay carries bytes to another.
    ///
    /// - Returns: nil where nothing is accounted for: there are too many pairs.
    func use(_ mode: PathMode, from peer: PeerID, to other: PeerID, in session: SessionID) -> PathUse? {
        guard let pair = PeerPair(peer, other) else { return nil }
        let now = self.now()
        let account = self.book.withLock { $0.account(of: pair, in: session, by: mode, at: now) }
        return account.map { PathUse(mode, from: peer, pair, in: session, $0, self) }
    }

    func opened(_ use: PathUse) {
        self.act { $0.opened(use.mode, between: use.pair, in: use.session, at: $1) }
    }

    func closed(_ use: PathUse) {
        self.act { $0.closed(use.mode, between: use.pair, in: use.session, at: $1) }
    }

    func punched(_ mode: PathMode, by peer: PeerID, to other: PeerID, in session: SessionID) {
        guard let pair = PeerPair(peer, other) else { return }
        self.act { $0.punched(mode, between: pair, in: session, at: $1) }
    }

    func reported(_ report: PathReport, by peer: PeerID, to other: PeerID, in session: SessionID) {
        guard let pair = PeerPair(peer, other) else { return }
        var more: Int64 = 0
        self.act { book, now in
            let outcome = book.reported(report, by: peer, of: pair, in: session, at: now)
            more = outcome.more
            return outcome.change
        }
        if let mode = report.mode, more > 0 { self.metrics.reported(min(more, Self.mostReported), over: mode) }
    }

    func heard(_ nats: [PeerID: NATClass], in session: SessionID) {
        self.natBook.withLock { book in
            for (peer, nat) in nats { book.heard(nat, of: peer, in: session) }
        }
    }

    /// What this relay was told, by peers that are in the session.
    func nats(of session: Session) -> [PeerID: NATClass] {
        let peers = Set(session.peers.map(\.id))
        return self.natBook.withLock { $0.nats(of: session.id) }.filter { peers.contains($0.key) }
    }

    /// What has become of a session: who has left it has no ways any more.
    func happened(_ transition: SessionTransition) {
        let session = transition.session.id
        for event in transition.events {
            switch event {
            case .peerLeft(let peer, _):
                self.natBook.withLock { $0.left(peer, session) }
                self.actAll { $0.left(peer, session, at: $1) }
            case .stateChanged(_, let state) where state.isEnded:
                self.natBook.withLock { $0.ended(session) }
                self.actAll { $0.ended(session, at: $1) }
            default: break
            }
        }
    }

    /// What this relay knows now.
    func news(of session: SessionID) -> PathNews {
        let now = self.now()
        return PathNews(relay: self.relay, toldAt: now, paths: self.book.withLock { $0.summaries(of: session) })
    }

    /// What all relays know.
    ///
    /// - Parameter told: by any of them, this one too: of itself it knows more.
    func summaries(of session: Session, told: [PathNews]) -> [PathSummary] {
        let own = self.news(of: session.id)
        let others = told.filter { $0.relay != self.relay }
        return PathNews.summaries(of: others + [own], among: Set(session.peers.map(\.id)), at: own.toldAt)
    }

    /// See ``PathBook/takeSessionsToTellOf(at:)``. What is over for this relay is told for the last time.
    func sessionsToTellOf() -> [SessionID] {
        let now = self.now()
        return self.book.withLock { book in
            let sessions = book.takeSessionsToTellOf(at: now)
            for session in sessions where book.summaries(of: session).isEmpty { book.forgetTelling(of: session) }
            return sessions
        }
    }

    func notTold(of session: SessionID) { self.book.withLock { $0.notTold(of: session) } }

    func forget(_ session: SessionID) { self.book.withLock { $0.forgetTelling(of: session) } }

    /// Sessions of which anything is known here.
    var known: [SessionID] {
        Array(Set(self.book.withLock { $0.known }).union(self.natBook.withLock { $0.known }))
    }

    /// Only these are in the session, as another relay may have decided.
    func keep(_ peers: Set<PeerID>, in session: SessionID) {
        self.natBook.withLock { $0.keep(peers, in: session) }
        self.actAll { $0.keep(peers, in: session, at: $1) }
    }

    // MARK: Steps

    private func act(_ body: (inout PathBook, Timestamp) -> PathChange?) {
        self.actAll { book, now in body(&book, now).map { [$0] } ?? [] }
    }

    private func actAll(_ body: (inout PathBook, Timestamp) -> [PathChange]) {
        let now = self.now()
        let (changes, current) = self.book.withLock { book in (body(&book, now), book.current) }
        guard !changes.isEmpty else { return }
        self.metrics.switched(current)
        for change in changes {
            self.metrics.switched(from: change.from, to: change.to, because: change.reason)
            self.logger.log(
                level: change.isQuick ? .debug : .info,
                "two peers take another way",
                metadata: [
                    "session_id": "\(change.session)", "peers": "\(change.pair.lower), \(change.pair.higher)",
                    "from": "\(change.from.name)", "to": "\(change.to.name)", "reason": "\(change.reason.rawValue)",
                ]
            )
        }
    }
}
