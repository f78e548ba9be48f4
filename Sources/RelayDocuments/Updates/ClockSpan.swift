/// What covers clocks up to, and without, its end: a range, or a struct.
protocol ClockSpan {
    var end: UInt32 { get }
}

extension ClockRange: ClockSpan {}

extension StructEntry: ClockSpan {}

/// Spans that rise, and do not overlap.
extension ArraySlice where Element: ClockSpan {
    /// The first that has a clock at or above `clock`.
    func firstIndex(endingAfter clock: UInt32) -> Int {
        var low = self.startIndex
        var high = self.endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end <= clock { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
