import NIOCore

/// Which connections are closed when memory is short. When that is so the core's `SheddingOrder` says, and
/// ``DeliveryLoops/closeHolders(freeing:)`` closes them.
enum ClosingOrder {
    /// Those first that have held untaken answers for the longest, and no more of them than it takes to set so many bytes free.
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
