import RelayClient

/// What a session's peers did, against what the relay told of it. Pure.
struct RosterCheck: Sendable {
    /// What a peer has done, or the relay has said of it.
    private struct Deeds: Sendable {
        var joins = 0
        /// By itself, and with the relay's answer.
        var leaves = 0
        /// It has asked to leave, and was not answered: it may have left, or the relay may have lost it before.
        var asked = 0
        /// It has gone without a word, and it had to be told by now.
        var losses = 0
    }

    private var deeds: [String: Deeds] = [:]
    /// Peers that have gone without a word, and until when that has to be told.
    private var vanished: [String: Int64] = [:]
    /// The ids of the messages by which losses were told.
    private var losses: Set<String> = []
    /// What was wrong already, with words for people.
    private(set) var faults: [(Fault, String)] = []

    /// The relay has let a peer in that was not there.
    mutating func joined(_ peer: String) { self.deeds[peer, default: Deeds()].joins += 1 }

    /// A peer asks to leave: call before the first attempt. Until it has ``left(_:)`` nobody knows whether it has.
    mutating func leaving(_ peer: String) { self.deeds[peer, default: Deeds()].asked += 1 }

    /// A peer that was ``leaving(_:)`` has left by itself.
    mutating func left(_ peer: String) {
        self.deeds[peer, default: Deeds()].asked -= 1
        self.deeds[peer, default: Deeds()].leaves += 1
    }

    /// A peer gives no sign of life any more, and does not come back before that is told.
    ///
    /// - Parameter limit: until when it has to be.
    mutating func vanished(_ peer: String, until limit: Int64) { self.vanished[peer] = limit }

    /// Whether a peer has vanished, and that was not told yet.
    func isMissing(_ peer: String) -> Bool { self.vanished[peer] != nil }

    /// Whether some peer is.
    var isAnyMissing: Bool { !self.vanished.isEmpty }

    /// Some peer has heard that this one was lost.
    ///
    /// - Parameter id: of the message, by which others may hear it later: when the peer is back, and has vanished again.
    /// - Returns: whether it had vanished, and was told of for the first time.
    mutating func heardLoss(of peer: String, by id: String, at time: Int64) -> Bool {
        guard self.losses.insert(id).inserted else { return false }
        guard let limit = self.vanished.removeValue(forKey: peer) else { return false }
        self.deeds[peer, default: Deeds()].losses += 1
        if time > limit { self.faults.append((.toldLate, "\(peer) vanished, told \(time - limit) ns too late")) }
        return true
    }

    /// - Parameter time: who has vanished, and had to be told of by then, was not.
    mutating func close(at time: Int64) {
        for (peer, limit) in self.vanished where limit < time { self.deeds[peer, default: Deeds()].losses += 1 }
        self.vanished = [:]
    }

    /// Goes through what the relay has told from the beginning of the session, in its order.
    ///
    /// - Returns: what is wrong with it, each with words for people.
    func faults(in news: [JSONDocument]) -> [(Fault, String)] {
        var faults: [(Fault, String)] = []
        var present: Set<String> = []
        var told: [String: Deeds] = [:]
        var revision = 0
        for payload in news {
            guard case .string(let type)? = payload["type"] else { continue }
            if case .number(let number)? = payload["revision"], let next = number.integer {
                if next < revision { faults.append((.outOfOrder, "revision \(next) after \(revision)")) }
                revision = max(revision, next)
            }
            guard case .string(let peer)? = payload["peer_id"] else { continue }
            switch type {
            case "peer_joined":
                told[peer, default: Deeds()].joins += 1
                if !present.insert(peer).inserted { faults.append((.toldTwice, "\(peer) joined, and was there")) }
            case "peer_left":
                switch payload["reason"] {
                case "left": told[peer, default: Deeds()].leaves += 1
                case "lost": told[peer, default: Deeds()].losses += 1
                default: break
                }
                if present.remove(peer) == nil { faults.append((.toldTwice, "\(peer) left, and was not there")) }
            default: continue
            }
        }
        for (peer, deeds) in self.deeds.sorted(by: { $0.key < $1.key }) {
            faults += Self.compare(peer, deeds, with: told[peer] ?? Deeds())
        }
        return faults
    }

    private static func compare(_ peer: String, _ deeds: Deeds, with told: Deeds) -> [(Fault, String)] {
        var faults: [(Fault, String)] = []
        if told.joins < deeds.joins {
            faults.append((.untold, "\(peer) joined \(deeds.joins) times, \(told.joins) told"))
        }
        if told.leaves < deeds.leaves {
            faults.append((.untold, "\(peer) left \(deeds.leaves) times, \(told.leaves) told"))
        }
        if told.leaves > deeds.leaves + deeds.asked {
            let most = deeds.leaves + deeds.asked
            faults.append((.toldTwice, "\(peer) left \(most) times at the most, \(told.leaves) told"))
        }
        if told.losses < deeds.losses {
            faults.append((.untold, "\(peer) vanished \(deeds.losses) times, \(told.losses) told"))
        }
        return faults
    }
}
