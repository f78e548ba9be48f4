import NIOCore

/// Decides which peers have vanished without a word: unplugged, asleep, or behind a router that forgot them.
///
/// TCP's keep-alive finds those that are owed nothing, see ``SocketKeepAlive``. It does not run while written bytes are not acknowledged: then
/// the system repeats them for a quarter of an hour. A limit of the system's own (`TCP_USER_TIMEOUT`) would also end connections whose
/// readers pause, since their windows are closed. But the system of a reader that pauses answers, and one that is gone does not. So this
/// asks what the relay's system has heard.
///
/// A peer is gone where its system was asked (by a repeat, or by a probe of its window), has not answered at a second look, and has been
/// silent for the bound. The look before keeps a peer whose answer to the first question is on its way.
///
/// A look costs system calls, and nearly all peers answer. So most looks are far apart: a peer that owed nothing at one look can't have
/// been silent to a question for the bound before the next. A suspect, which owes an answer, is looked at often.
struct VanishedPeers {
    /// The standard bound: as long as it takes to change networks, or to ride through a tunnel.
    static let standardBound = TimeAmount.seconds(60)

    private let bound: TimeAmount
    /// How long a peer has to answer the system's question.
    private let answerWithin: TimeAmount
    /// Seconds between two looks at a peer that is no suspect.
    let lookEvery: Int
    /// Seconds between two looks at a suspect.
    let lookAtSuspectsEvery: Int
    /// Since when peers are known to owe an answer. Few: the others are not in it.
    private var asked: [ObjectIdentifier: NIODeadline] = [:]

    init(bound: TimeAmount = Self.standardBound) {
        self.bound = bound
        self.answerWithin = .nanoseconds(bound.nanoseconds / 6)
        let seconds = Int(bound.nanoseconds / 1_000_000_000)
        self.lookEvery = max(1, seconds * 3 / 4)
        self.lookAtSuspectsEvery = max(1, seconds / 12)
    }

    /// Those that owed an answer at the last look.
    var suspects: [ObjectIdentifier] { Array(self.asked.keys) }

    /// - Returns: whether the peer is gone.
    mutating func looked(at peer: ObjectIdentifier, _ signs: PeerSigns, _ now: NIODeadline) -> Bool {
        guard signs.owesAnswer else {
            self.forget(peer)
            return false
        }
        guard let since = self.asked[peer], since >= now - signs.silence else {
            self.asked[peer] = now
            return false
        }
        return signs.silence >= self.bound && now - since >= self.answerWithin
    }

    /// The connection is gone.
    mutating func forget(_ peer: ObjectIdentifier) {
        if !self.asked.isEmpty { self.asked[peer] = nil }
    }
}

/// What the system has heard of a peer.
struct PeerSigns: Equatable {
    /// Whether the system has asked it something, and waits for the answer.
    var owesAnswer: Bool
    /// For how long nothing came from it, acknowledgements included.
    var silence: TimeAmount
}
