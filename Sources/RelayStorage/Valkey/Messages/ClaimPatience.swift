/// For how long somebody else's claim of an idempotency mark is left alone, since whoever claimed it is probably about to store the
/// message. Each wait is twice as long as the one before.
struct ClaimPatience {
    /// 1.3 s in all, where nobody else waits.
    static let beforeQueue = ClaimPatience(waits: 8)
    /// 35 ms in all, where the topic's other publishers wait as well. Longer than that was waited before.
    static let inQueue = ClaimPatience(waits: 3)

    private var waits: Int
    private var next = Duration.milliseconds(5)

    private init(waits: Int) {
        self.waits = waits
    }

    /// - Returns: how long to wait before the next look; nil where it has been long enough.
    mutating func wait() -> Duration? {
        guard self.waits > 0 else { return nil }
        defer { self.next *= 2 }
        self.waits -= 1
        return self.next
    }
}
