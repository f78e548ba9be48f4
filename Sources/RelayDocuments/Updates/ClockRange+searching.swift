/// Ranges that rise, and neither overlap nor touch.
extension ArraySlice<ClockRange> {
    /// The same, known not to lie before `start`. The nearer to that it is, the sooner it is found.
    private func firstIndex(endingAfter clock: UInt32, from start: Int) -> Int {
        var low = start
        var stride = 1
        while low + stride <= self.endIndex, self[low + stride - 1].end <= clock {
            low += stride
            stride *= 2
        }
        return self[low..<Swift.min(low + stride, self.endIndex)].firstIndex(endingAfter: clock)
    }

    /// Whether one of these has all of `range`: they do not touch, so one has it all, or there is a gap in it.
    func cover(_ range: ClockRange, counting effort: inout Effort) -> Bool {
        effort.look()
        let index = self.firstIndex(endingAfter: range.start)
        return index < self.endIndex && self[index].start <= range.start && self[index].end >= range.end
    }

    /// Tells each part of `range` that none of these has.
    ///
    /// - Parameter place: the first of these that was not passed by ranges before this one.
    /// - Returns: false where it takes more than `effort` allows.
    func eachGap(
        in range: ClockRange,
        from place: inout Int,
        within effort: inout Effort,
        _ body: (ClockRange) -> Void
    ) -> Bool {
        place = self.firstIndex(endingAfter: range.start, from: place)
        var start = range.start
        while effort.look() {
            guard place < self.endIndex, self[place].start < range.end else {
                if start < range.end { body(ClockRange(start: start, end: range.end)) }
                return true
            }
            if self[place].start > start { body(ClockRange(start: start, end: self[place].start)) }
            start = self[place].end
            // What is left of it may have all of the next range, too.
            guard start < range.end else { return true }
            place += 1
        }
        return false
    }
}
