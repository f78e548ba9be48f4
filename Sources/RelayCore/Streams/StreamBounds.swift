public import RelayWire

/// The ends of a topic's stored stream: what was ever appended, and what is still kept.
public struct StreamBounds: Hashable, Sendable {
    /// Which history the ids belong to.
    public var epoch: StreamEpoch
    /// The newest id ever given out, ``MessageID/zero`` before the first. Survives trimming and deletion of the topic.
    public var last: MessageID
    /// The newest id that retention or deletion removed, ``MessageID/zero`` if none. A cursor before it has a gap.
    /// Messages that went because their own `ttl` ran out do not count: their publisher meant them to go.
    public var trimmedThrough: MessageID
    /// Messages kept now; those whose `ttl` ran out may still be counted until they are swept.
    public var count: Int

    public init(
        epoch: StreamEpoch = .none,
        last: MessageID = .zero,
        trimmedThrough: MessageID = .zero,
        count: Int = 0
    ) {
        self.epoch = epoch
        self.last = last
        self.trimmedThrough = trimmedThrough
        self.count = count
    }

    /// With nothing left of what the stream had.
    var emptied: StreamBounds {
        var bounds = self
        bounds.trimmedThrough = max(self.last, self.trimmedThrough)
        bounds.count = 0
        return bounds
    }

    /// Takes over what `other` knows better: bounds from different calls of the store may arrive out of order.
    mutating func advance(to other: StreamBounds) {
        if (other.last, other.trimmedThrough) >= (self.last, self.trimmedThrough) {
            self.count = other.count
            self.epoch = other.epoch
        }
        self.last = max(self.last, other.last)
        self.trimmedThrough = max(self.trimmedThrough, other.trimmedThrough)
    }
}
