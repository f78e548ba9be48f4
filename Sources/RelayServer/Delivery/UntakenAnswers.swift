import NIOCore
import RelayCore

/// What a connection has written and its peer has not taken.
struct UntakenAnswers {
    /// Since when there was always something.
    let since: NIODeadline
    let charge: MemoryCharge
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
