import NIOCore
import RelayWire

/// How many answers a source of datagrams may have, by a token bucket for each.
///
/// The table has a fixed size: a source of a datagram may be forged, so each datagram may name another. A source has its bucket in one of
/// four places. A bucket that has filled up again says nothing, so its place is free. Where all four are in use a newcomer shares one: both
/// are held back sooner than their due.
struct SourceBuckets {
    private struct Bucket {
        var source: UInt64 = 0
        /// When it is full again, by uptime.
        var fullAt: UInt64 = 0
    }

    /// Answers in a second.
    static let standardRate = 20
    /// In 256 KiB.
    static let standardSources = 16_384

    private static let places = 4
    private let nanosecondsPerAnswer: UInt64
    private let longestDebt: UInt64
    private var buckets: [Bucket]
    private let groups: Int

    /// - Parameters:
    ///   - perSecond: answers in a second, and at once after a rest. 0 is no limit.
    ///   - sources: how many have a bucket for themselves, about; rounded up to a multiple of four. Each takes 16 bytes.
    init(perSecond: Int = Self.standardRate, sources: Int = Self.standardSources) {
        let perSecond = UInt64(max(0, perSecond))
        self.nanosecondsPerAnswer = perSecond == 0 ? 0 : max(1, 1_000_000_000 / perSecond)
        self.longestDebt = perSecond == 0 ? 0 : (perSecond - 1) * self.nanosecondsPerAnswer
        self.groups = max(1, (sources + Self.places - 1) / Self.places)
        self.buckets = Array(repeating: Bucket(), count: self.groups * Self.places)
    }

    /// Takes an answer for the source, if it may have one.
    mutating func take(_ address: IPAddress, at now: NIODeadline) -> Bool {
        guard self.nanosecondsPerAnswer > 0 else { return true }
        let now = now.uptimeNanoseconds
        let source = Self.digest(address)
        let index = self.place(of: source, at: now)
        let since = max(self.buckets[index].fullAt, now)
        guard since - now <= self.longestDebt else { return false }
        self.buckets[index].fullAt = since + self.nanosecondsPerAnswer
        return true
    }

    private mutating func place(of source: UInt64, at now: UInt64) -> Int {
        let first = Int(source % UInt64(self.groups)) * Self.places
        let group = first..<first + Self.places
        if let own = group.first(where: { self.buckets[$0].source == source }) { return own }
        guard let free = group.first(where: { self.buckets[$0].fullAt <= now }) else {
            return first + Int(source >> 62)
        }
        self.buckets[free] = Bucket(source: source, fullAt: now)
        return free
    }

    /// Keyed by the process, so that nobody can choose sources which share a place. Of an IPv6 address the /64 counts: one client has all
    /// of it.
    private static func digest(_ address: IPAddress) -> UInt64 {
        var hasher = Hasher()
        switch address.unmapped {
        case .v4(let value):
            hasher.combine(4 as UInt8)
            hasher.combine(value)
        case .v6(let high, _):
            hasher.combine(6 as UInt8)
            hasher.combine(high)
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
