import DequeModule
import NIOCore

/// Counts requests by key, each key in windows of its own that begin with its first request.
///
/// Bounded: at the bound, a key without a window counts in one bucket that all such keys share. So an attacker with many
/// addresses slows newcomers down, and fills no memory.
struct RateLimitTable {
    enum Decision: Hashable {
        case allowed
        /// - Parameter retryAfterSeconds: until the window ends, rounded up, at least 1.
        case refused(retryAfterSeconds: Int64)
    }

    private struct Window {
        var count = 0
        let endsAt: NIODeadline

        mutating func admit(_ limit: RateLimit, at now: NIODeadline) -> Decision {
            let decision = self.look(limit, at: now)
            if decision == .allowed { self.count += 1 }
            return decision
        }

        func look(_ limit: RateLimit, at now: NIODeadline) -> Decision {
            guard self.count >= limit.count else { return .allowed }
            let nanoseconds = (self.endsAt - now).nanoseconds
            return .refused(retryAfterSeconds: max(1, (nanoseconds + 999_999_999) / 1_000_000_000))
        }
    }

    let limit: RateLimit
    private let maximumKeys: Int
    private var windows: [String: Window] = [:]
    /// Every key of `windows` once, in the order in which the windows began, and so end.
    private var order: Deque<String> = []
    private var shared: Window?

    init(limit: RateLimit, maximumKeys: Int) {
        self.limit = limit
        self.maximumKeys = max(1, maximumKeys)
    }

    var keyCount: Int { self.windows.count }

    mutating func admit(_ key: String, at now: NIODeadline) -> Decision {
        self.sweep(at: now)
        if let decision = self.windows[key]?.admit(self.limit, at: now) { return decision }
        guard self.windows.count < self.maximumKeys else { return self.admitShared(at: now) }
        var window = self.newWindow(at: now)
        let decision = window.admit(self.limit, at: now)
        self.windows[key] = window
        self.order.append(key)
        return decision
    }

    /// What ``admit(_:at:)`` would say. Nothing is counted.
    mutating func look(_ key: String, at now: NIODeadline) -> Decision {
        self.sweep(at: now)
        if let window = self.windows[key] { return window.look(self.limit, at: now) }
        guard self.windows.count >= self.maximumKeys, let shared = self.shared, shared.endsAt > now else {
            return .allowed
        }
        return shared.look(self.limit, at: now)
    }

    /// Removes the windows that have ended: each once, so it costs no more than making them did.
    private mutating func sweep(at now: NIODeadline) {
        while let oldest = self.order.first, let window = self.windows[oldest], window.endsAt <= now {
            self.order.removeFirst()
            self.windows.removeValue(forKey: oldest)
        }
    }

    private mutating func admitShared(at now: NIODeadline) -> Decision {
        var window = self.shared.flatMap { $0.endsAt <= now ? nil : $0 } ?? self.newWindow(at: now)
        defer { self.shared = window }
        return window.admit(self.limit, at: now)
    }

    private func newWindow(at now: NIODeadline) -> Window {
        Window(endsAt: now + .seconds(self.limit.windowSeconds))
    }
}
