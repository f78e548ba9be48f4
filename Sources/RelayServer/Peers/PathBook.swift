import RelaySessions
import RelayWire

/// That two peers take another way.
struct PathChange: Hashable, Sendable {
    let session: SessionID
    let pair: PeerPair
    let from: PathMode?
    let to: PathMode?
    let reason: PathReason
    /// Whether the pair has changed its way just before.
    let isQuick: Bool
}

/// Which ways the peers of sessions take to each other, as far as this relay carries their bytes or is told by them. Decides, and does nothing.
struct PathBook {
    private struct Path {
        var mode: PathMode?
        var since: Timestamp
        var reason = PathReason.other
        var roundTrip: Int64?
        /// What the relay carries now, by how many connections.
        var open: [PathMode: Int] = [:]
        var accounts: [PathMode: PathAccount] = [:]
        /// What peers said last of what they sent by ways that the relay does not see: by mode, and whether the sender is the lower.
        var reported: [PathMode: [Bool: Int64]] = [:]
        /// When they did, by mode.
        var reportedAt: [PathMode: Timestamp] = [:]
        /// When one of them said last that there is no way.
        var deniedAt: Timestamp?
    }

    /// Pairs of a session. What is beyond is carried, and not accounted for.
    static let pairsOfSession = 256
    /// Of all sessions.
    static let standardLimit = 20_000
    /// Changes that follow each other sooner are not worth a line of the log.
    private static let quickSeconds: Int64 = 1

    private let limit: Int
    /// Whether there may be other relays to tell.
    private let tells: Bool
    private var sessions: [SessionID: [PeerPair: Path]] = [:]
    private(set) var count = 0
    /// What the other relays know of it.
    private var tellings = PathTellings()
    /// How many pairs take each way now.
    private(set) var current: [PathMode: Int] = [:]

    init(limit: Int = PathBook.standardLimit, tells: Bool = false) {
        self.limit = limit
        self.tells = tells
    }

    // MARK: What the relay carries

    /// Where the bytes of the pair are counted; nil where there is no room for another pair.
    mutating func account(of pair: PeerPair, in session: SessionID, by mode: PathMode, at now: Timestamp)
        -> PathAccount?
    {
        guard self.makeRoom(pair, session, now) else { return nil }
        if let known = self.sessions[session]?[pair]?.accounts[mode] { return known }
        let account = PathAccount()
        self.sessions[session]?[pair]?.accounts[mode] = account
        return account
    }

    /// A connection between the two carries bytes. It is their way unless they have a better one.
    mutating func opened(_ mode: PathMode, between pair: PeerPair, in session: SessionID, at now: Timestamp)
        -> PathChange?
    {
        guard self.makeRoom(pair, session, now) else { return nil }
        self.sessions[session]?[pair]?.open[mode, default: 0] += 1
        guard self.sessions[session]?[pair]?.mode == nil else { return nil }
        return self.change(pair, in: session, to: mode, .opened, at: now)
    }

    /// It does not any more. The pair may have another that does.
    mutating func closed(_ mode: PathMode, between pair: PeerPair, in session: SessionID, at now: Timestamp)
        -> PathChange?
    {
        guard let path = self.sessions[session]?[pair], let count = path.open[mode] else { return nil }
        let left = count > 1 ? count - 1 : nil
        self.sessions[session]?[pair]?.open[mode] = left
        guard left == nil, path.mode == mode else { return nil }
        let other = PathMode.allCases.first { $0 != mode && path.open[$0] != nil }
        return self.change(pair, in: session, to: other, .closed, at: now)
    }

    // MARK: What peers say

    /// One of the two has punched a way.
    mutating func punched(_ mode: PathMode, between pair: PeerPair, in session: SessionID, at now: Timestamp)
        -> PathChange?
    {
        guard self.makeRoom(pair, session, now) else { return nil }
        return self.change(pair, in: session, to: mode, .punched, at: now)
    }

    /// - Returns: the change, and how many bytes more the peer says to have sent than before.
    mutating func reported(
        _ report: PathReport,
        by peer: PeerID,
        of pair: PeerPair,
        in session: SessionID,
        at now: Timestamp
    ) -> (change: PathChange?, more: Int64) {
        guard self.makeRoom(pair, session, now) else { return (nil, 0) }
        var more: Int64 = 0
        self.noteChange(of: session)
        if let roundTrip = report.roundTrip { self.sessions[session]?[pair]?.roundTrip = roundTrip }
        if report.mode == nil { self.sessions[session]?[pair]?.deniedAt = now }
        if let mode = report.mode, !mode.isRelayed {
            let isLower = peer == pair.lower
            self.sessions[session]?[pair]?.reportedAt[mode] = now
            if let sent = report.bytesSent {
                let before = self.sessions[session]?[pair]?.reported[mode]?[isLower] ?? 0
                // Less than before: it has begun to count anew.
                more = sent < before ? sent : sent - before
                self.sessions[session]?[pair]?.reported[mode, default: [:]][isLower] = sent
            }
            // A peer that says nothing of its own has the other's word.
            if let received = report.bytesReceived, self.sessions[session]?[pair]?.reported[mode]?[!isLower] == nil {
                self.sessions[session]?[pair]?.reported[mode, default: [:]][!isLower] = received
            }
        }
        return (self.change(pair, in: session, to: report.mode, report.reason, at: now), more)
    }

    // MARK: Ends

    /// A peer has left the session.
    mutating func left(_ peer: PeerID, _ session: SessionID, at now: Timestamp) -> [PathChange] {
        let pairs = self.sessions[session]?.keys.filter { $0.has(peer) } ?? []
        return pairs.compactMap { self.remove($0, session, at: now) }
    }

    /// The session is over.
    mutating func ended(_ session: SessionID, at now: Timestamp) -> [PathChange] {
        let pairs = self.sessions[session].map { Array($0.keys) } ?? []
        return pairs.compactMap { self.remove($0, session, at: now) }
    }

    /// All but these have left.
    mutating func keep(_ peers: Set<PeerID>, in session: SessionID, at now: Timestamp) -> [PathChange] {
        let gone = self.sessions[session]?.keys.filter { !peers.contains($0.lower) || !peers.contains($0.higher) } ?? []
        return gone.compactMap { self.remove($0, session, at: now) }
    }

    private mutating func remove(_ pair: PeerPair, _ session: SessionID, at now: Timestamp) -> PathChange? {
        let change = self.change(pair, in: session, to: nil, .closed, at: now)
        guard self.sessions[session]?.removeValue(forKey: pair) != nil else { return nil }
        self.noteChange(of: session)
        self.count -= 1
        if self.sessions[session]?.isEmpty ?? false { self.sessions[session] = nil }
        return change
    }

    /// The sessions of which anything is known.
    var known: [SessionID] { Array(self.sessions.keys) }

    // MARK: Looking

    /// By the ids of the peers.
    func summaries(of session: SessionID) -> [PathSummary] {
        (self.sessions[session] ?? [:]).map { pair, path in
            let carried = path.accounts.map { mode, account in
                PathUsage(mode: mode, upward: account.upward, downward: account.downward, isVerified: true)
            }
            let reported = path.reported.map { mode, bytes in
                PathUsage(
                    mode: mode,
                    upward: bytes[true] ?? 0,
                    downward: bytes[false] ?? 0,
                    isVerified: false,
                    saidAt: path.reportedAt[mode]
                )
            }
            return PathSummary(
                pair: pair,
                mode: path.mode,
                since: path.since,
                reason: path.reason,
                roundTrip: path.roundTrip,
                deniedAt: path.deniedAt,
                usages: (carried + reported).sorted { $0.mode.rawValue < $1.mode.rawValue }
            )
        }
        .sorted { ($0.pair.lower, $0.pair.higher) < ($1.pair.lower, $1.pair.higher) }
    }

    // MARK: Telling others

    /// Sessions of which the other relays are to be told now. They count as told.
    mutating func takeSessionsToTellOf(at now: Timestamp) -> [SessionID] {
        let sessions = self.sessions
        return self.tellings.take(at: now) { session in
            sessions[session]?.values.reduce(0) { sum, path in
                path.accounts.values.reduce(sum) { $0 &+ $1.upward &+ $1.downward }
            } ?? 0
        } isTaken: { session in
            sessions[session]?.values.contains { $0.mode != nil } ?? false
        }
    }

    private mutating func noteChange(of session: SessionID) { if self.tells { self.tellings.changed(session) } }

    /// The others could not be told.
    mutating func notTold(of session: SessionID) { self.noteChange(of: session) }

    /// There is nobody to tell any more, or nothing.
    mutating func forgetTelling(of session: SessionID) { self.tellings.forget(session) }

    // MARK: Steps

    private mutating func makeRoom(_ pair: PeerPair, _ session: SessionID, _ now: Timestamp) -> Bool {
        if self.sessions[session]?[pair] != nil { return true }
        guard self.count < self.limit, self.sessions[session]?.count ?? 0 < Self.pairsOfSession else { return false }
        self.sessions[session, default: [:]][pair] = Path(mode: nil, since: now)
        self.noteChange(of: session)
        self.count += 1
        return true
    }

    private mutating func change(
        _ pair: PeerPair,
        in session: SessionID,
        to mode: PathMode?,
        _ reason: PathReason,
        at now: Timestamp
    ) -> PathChange? {
        guard let path = self.sessions[session]?[pair], path.mode != mode else { return nil }
        if let old = path.mode { self.current[old, default: 0] -= 1 }
        if let mode { self.current[mode, default: 0] += 1 }
        self.noteChange(of: session)
        self.sessions[session]?[pair]?.mode = mode
        self.sessions[session]?[pair]?.since = now
        self.sessions[session]?[pair]?.reason = reason
        return PathChange(
            session: session,
            pair: pair,
            from: path.mode,
            to: mode,
            reason: reason,
            isQuick: path.mode != nil && now < path.since.adding(seconds: Self.quickSeconds)
        )
    }
}
