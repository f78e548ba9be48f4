/// Clocks from `start` up to, and without, `end`.
struct ClockRange: Hashable, Sendable {
    var start: UInt32
    var end: UInt32
}
