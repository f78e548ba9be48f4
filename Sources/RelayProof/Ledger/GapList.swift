import RelayWire

/// The gaps that a reader was told of in one topic: ranges of ids without their two ends, in order and apart.
struct GapList: Sendable {
    private struct Gap: Sendable {
        var after: MessageID
        var before: MessageID
    }

    private var gaps: [Gap] = []

    /// A reader moves on, so a gap nearly always comes behind all others.
    mutating func insert(after: MessageID, before: MessageID) {
        guard after < before else { return }
        var gap = Gap(after: after, before: before)
        while let last = self.gaps.last, gap.after < last.before, last.after < gap.before {
            gap = Gap(after: min(gap.after, last.after), before: max(gap.before, last.before))
            self.gaps.removeLast()
        }
        if let last = self.gaps.last, gap.after < last.before {
            // Told of something long passed: put where it belongs, with what it overlaps.
            let later = self.gaps.filter { $0.after >= gap.after }
            self.gaps.removeAll { $0.after >= gap.after }
            self.insert(after: gap.after, before: gap.before)
            for gap in later { self.insert(after: gap.after, before: gap.before) }
        } else {
            self.gaps.append(gap)
        }
    }

    func contains(_ id: MessageID) -> Bool {
        var low = 0
        var high = self.gaps.count
        while low < high {
            let middle = (low + high) / 2
            if self.gaps[middle].before <= id { low = middle + 1 } else { high = middle }
        }
        return low < self.gaps.count && self.gaps[low].after < id && id < self.gaps[low].before
    }
}
