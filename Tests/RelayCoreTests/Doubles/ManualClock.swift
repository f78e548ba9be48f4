import NIOCore
import RelayCore
import RelayWire
import Synchronization

/// Clocks that stand still until a test moves them. The wall clock starts at 1,800,000,000 s after the epoch.
final class ManualClock: Sendable {
    private struct Times {
        var wall = Timestamp(microseconds: 1_800_000_000_000_000)
        var uptime = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    }

    private let times = Mutex(Times())

    var now: Timestamp { self.times.withLock { $0.wall } }

    var uptime: NIODeadline { self.times.withLock { $0.uptime } }

    var relayClock: RelayClock { RelayClock(now: { self.now }, uptime: { self.uptime }) }

    /// Lets time pass.
    func advance(seconds: Int64) {
        self.advance(milliseconds: seconds * 1000)
    }

    /// Lets time pass.
    func advance(milliseconds: Int64) {
        self.times.withLock { times in
            times.wall = Timestamp(microseconds: times.wall.microseconds + milliseconds * 1000)
            times.uptime = times.uptime + .milliseconds(milliseconds)
        }
    }

    /// Sets the wall clock, while no time passes. Negative: back.
    func step(seconds: Int64) {
        self.times.withLock { $0.wall = $0.wall.adding(seconds: seconds) }
    }
}
