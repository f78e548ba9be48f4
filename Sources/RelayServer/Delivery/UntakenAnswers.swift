import NIOCore
import RelayCore

/// What a connection has written and its peer has not taken.
struct UntakenAnswers {
    /// Since when there was always something.
    let since: NIODeadline
    let charge: MemoryCharge

    /// Which connections to close, so that so many bytes come free: those first that have held some for the longest.
    ///
    /// - Parameter held: of each connection, since when it holds how many bytes.
    /// - Returns: places in `held`.
    static func toClose(_ held: [(since: NIODeadline, bytes: Int)], freeing excess: Int) -> [Int] {
        var toFree = excess
        var chosen: [Int] = []
        for place in held.indices.sorted(by: { held[$0].since < held[$1].since }) where toFree > 0 {
            chosen.append(place)
            toFree -= held[place].bytes
        }
        return chosen
    }
}

extension UntakenAnswers? {
    /// - Parameters:
    ///   - pending: bytes that are here now.
    ///   - since: since when the socket takes none, where that is known.
    func counting(_ pending: Int, since: NIODeadline?, _ memory: MemoryLedger) -> UntakenAnswers? {
        guard pending > 0 else { return nil }
        let start = self?.since ?? since ?? .now()
        if let self, self.charge.bytes == pending { return self }
        // Large answers are charged by themselves as well while they wait: counted twice rather than not at all.
        return UntakenAnswers(since: start, charge: memory.holdAnyway(pending, in: .answers))
    }
}
