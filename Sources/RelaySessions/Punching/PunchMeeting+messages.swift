import NIOCore
public import RelayCore
public import RelayWire

/// How the relay coordinates.
public struct PunchRules: Hashable, Sendable {
    /// How long an attempt lasts, in seconds. Default 10.
    public var seconds: Int64 = 10
    /// Whether peers are told each other's private addresses also where the relay has not seen them at one public address. Default no.
    public var sharesPrivate = false

    public init() {}
}

/// A token for one of two peers, which it shows to the relay.
public struct PunchTokenWish: Hashable, Sendable {
    public let session: SessionID
    public let from: PeerID
    public let to: PeerID
    /// In milliseconds since 1970.
    public let startsAt: Int64
    /// Likewise.
    public let expiresAt: Int64
}

extension PunchMeeting {
    static let type = "punch_coord"

    /// What the peers have besides their round trips to hear of it, in milliseconds.
    private static let margin: Int64 = 50

    /// When both begin, in milliseconds since 1970.
    func start(at now: Timestamp) -> Int64 {
        Int64(now.milliseconds) + max(self.first.roundTrip, self.second.roundTrip) + Self.margin
    }

    /// What both peers are told, on the punch topic, each for itself.
    ///
    /// - Parameter token: makes one.
    public func messages(
        in session: SessionID,
        _ rules: PunchRules,
        at now: Timestamp,
        token: (PunchTokenWish) -> String
    ) -> [Draft] {
        let start = self.start(at: now)
        let end = start + rules.seconds * 1_000
        return [(self.first, self.second), (self.second, self.first)].map { own, other in
            let wish = PunchTokenWish(session: session, from: own.peer, to: other.peer, startsAt: start, expiresAt: end)
            return self.draft(to: own, of: other, wish, token(wish), rules, now)
        }
    }

    private func draft(
        to own: Side,
        of other: Side,
        _ wish: PunchTokenWish,
        _ token: String,
        _ rules: PunchRules,
        _ now: Timestamp
    ) -> Draft {
        var json = PayloadObject()
        json.add("type", Self.type)
        json.add("peer_id", other.peer.text)
        json.add("attempt", Int64(self.attempt))
        json.add("role", own.peer < other.peer ? "controlling" : "controlled")
        json.add("token", token)
        json.add("start_ts", wish.startsAt / 1_000)
        json.add("start_ts_ms", wish.startsAt)
        json.add("expires", (wish.expiresAt + 999) / 1_000)
        json.add("nat_type", own.nat.rawValue)
        json.add("peer_nat_type", other.nat.rawValue)
        json.add("advice", PunchAdvice(own.nat, other.nat).rawValue)
        let told = other.candidates.told(
            to: own.candidates,
            areNeighbours: self.areNeighbours,
            sharesPrivate: rules.sharesPrivate
        )
        json.add("candidates", told.map { candidate in { candidate.write(into: &$0) } })
        return Draft(timestamp: now, payload: json.finish(), audience: .one(own.peer.text))
    }
}
