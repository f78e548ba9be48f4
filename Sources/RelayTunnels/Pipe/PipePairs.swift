/// Which ends of pipes wait for their other end, and which have met it. Pure: whoever keeps it says who the ends are.
///
/// An end holds its ``Place`` for as long as it is open. So there are never more entries than open ends.
public struct PipePairs<End: Sendable>: Sendable {
    public enum Side: Hashable, Sendable, CaseIterable {
        case opener
        case target

        public var other: Side { self == .opener ? .target : .opener }
    }

    /// What an end gets when it comes.
    public enum Entrance: Sendable {
        /// It is the first.
        case waits(Place)
        /// The other end is there: both are connected from now on.
        case meets(End, Place)
        /// An end of the same side was there, and gives way, with its other end where it had one: its client came back before the relay
        /// saw that it was gone. The new one is the first.
        case replaces(End, Place)
    }

    /// Which end it is, told apart from those before it.
    public struct Place: Hashable, Sendable {
        public let pipe: String
        public let side: Side
        fileprivate let number: UInt64
    }

    private struct Held {
        let end: End
        let number: UInt64
    }

    private struct Pipe {
        var ends: [Side: Held] = [:]
        var isConnected = false
    }

    private var pipes: [String: Pipe] = [:]
    private var lastNumber: UInt64 = 0

    public init() {}

    /// Pipes with an end that is open.
    public var count: Int { self.pipes.count }

    public mutating func enter(_ pipe: String, as side: Side, _ end: End) -> Entrance {
        var entry = self.pipes[pipe] ?? Pipe()
        let replaced = entry.ends[side]
        if entry.isConnected { entry = Pipe() }
        self.lastNumber += 1
        let place = Place(pipe: pipe, side: side, number: self.lastNumber)
        let other = entry.ends[side.other]
        // Whoever waits has the other side free: two that met are connected.
        entry.ends[side] = Held(end: end, number: place.number)
        entry.isConnected = other != nil
        self.pipes[pipe] = entry
        if let other { return .meets(other.end, place) }
        return replaced.map { .replaces($0.end, place) } ?? .waits(place)
    }

    /// An end is closed. Its other end is told by whoever closed it: both may be opened anew.
    public mutating func leave(_ place: Place) {
        guard var entry = self.pipes[place.pipe], entry.ends[place.side]?.number == place.number else { return }
        // The other end is on its way out, too: a new pair must not meet it.
        if entry.isConnected { entry.ends = [:] } else { entry.ends[place.side] = nil }
        self.pipes[place.pipe] = entry.ends.isEmpty ? nil : entry
    }
}
