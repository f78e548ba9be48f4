public import RelayWire

/// What one relay knows of the ways of a session's peers.
public struct PathNews: Hashable, Sendable {
    /// Names the relay, for as long as it runs.
    public let relay: String
    public let toldAt: Timestamp
    public let paths: [PathSummary]

    /// A relay that has not said for so many seconds which ways its peers take is gone, or they are. What it has carried counts on.
    static let freshSeconds: Int64 = 60

    public init(relay: String, toldAt: Timestamp, paths: [PathSummary]) {
        self.relay = relay
        self.toldAt = toldAt
        self.paths = paths
    }

    /// Puts together what the relays know, by the ids of the peers.
    ///
    /// Bytes that relays have carried are added up. Of what peers say of their bytes the last word counts, whichever relay heard it. The way of a pair is
    /// the newest that any relay knows; but one that peers found themselves is over once one of them has said so to any relay.
    ///
    /// - Parameter peers: only their pairs count: those of the session now.
    public static func summaries(
        of news: [PathNews],
        among peers: Set<PeerID>,
        at now: Timestamp
    ) -> [PathSummary] {
        var known: [PeerPair: [PathSummary]] = [:]
        for told in news {
            let isFresh = now <= told.toldAt.adding(seconds: Self.freshSeconds)
            for var path in told.paths where peers.contains(path.pair.lower) && peers.contains(path.pair.higher) {
                if !isFresh { path.mode = nil }
                known[path.pair, default: []].append(path)
            }
        }
        return known.compactMap { Self.merged($0.value) }
            .sorted { ($0.pair.lower, $0.pair.higher) < ($1.pair.lower, $1.pair.higher) }
    }

    private static func merged(_ paths: [PathSummary]) -> PathSummary? {
        let deniedAt = paths.compactMap(\.deniedAt).max { $0.microseconds < $1.microseconds }
        let taken = paths.filter { path in
            guard let mode = path.mode else { return false }
            return mode.isRelayed || deniedAt.map { $0.microseconds < path.since.microseconds } ?? true
        }
        let newest = { (paths: [PathSummary]) in paths.max { $0.since.microseconds < $1.since.microseconds } }
        guard var path = newest(taken) ?? newest(paths) else { return nil }
        if taken.isEmpty { path.mode = nil }
        path.roundTrip = path.roundTrip ?? paths.lazy.compactMap(\.roundTrip).first
        path.deniedAt = deniedAt
        path.usages = Self.merged(paths.flatMap(\.usages))
        return path
    }

    private static func merged(_ usages: [PathUsage]) -> [PathUsage] {
        var carried: [PathMode: PathUsage] = [:]
        var said: [PathMode: PathUsage] = [:]
        for usage in usages {
            if usage.isVerified {
                guard let known = carried[usage.mode] else {
                    carried[usage.mode] = usage
                    continue
                }
                carried[usage.mode]?.upward = known.upward &+ usage.upward
                carried[usage.mode]?.downward = known.downward &+ usage.downward
            } else {
                let before = said[usage.mode]?.saidAt?.microseconds ?? .min
                if said[usage.mode] == nil || before < usage.saidAt?.microseconds ?? .min { said[usage.mode] = usage }
            }
        }
        return (Array(carried.values) + said.values).sorted { $0.mode.rawValue < $1.mode.rawValue }
    }
}
