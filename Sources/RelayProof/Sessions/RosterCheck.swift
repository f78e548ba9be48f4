import RelayClient

/// What a session's peers did, against what the relay told of it. Pure.
struct RosterCheck: Sendable {
    /// What a peer has done for certain.
    private struct Deeds: Sendable {
        var joins = 0
        var leaves = 0
    }

    private var deeds: [String: Deeds] = [:]

    /// The relay has let a peer in that was not there.
    mutating func joined(_ peer: String) { self.deeds[peer, default: Deeds()].joins += 1 }

    /// A peer has left by itself.
    mutating func left(_ peer: String) { self.deeds[peer, default: Deeds()].leaves += 1 }

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
                if payload["reason"] == "left" { told[peer, default: Deeds()].leaves += 1 }
                if present.remove(peer) == nil { faults.append((.toldTwice, "\(peer) left, and was not there")) }
            default: continue
            }
        }
        for (peer, deeds) in self.deeds.sorted(by: { $0.key < $1.key }) {
            let told = told[peer] ?? Deeds()
            if told.joins < deeds.joins {
                faults.append((.untold, "\(peer) joined \(deeds.joins) times, \(told.joins) told"))
            }
            if told.leaves < deeds.leaves {
                faults.append((.untold, "\(peer) left \(deeds.leaves) times, \(told.leaves) told"))
            }
            if told.leaves > deeds.leaves {
                faults.append((.toldTwice, "\(peer) left \(deeds.leaves) times, \(told.leaves) told"))
            }
        }
        return faults
    }
}
