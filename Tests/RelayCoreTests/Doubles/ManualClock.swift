import RelayCore
import RelayWire
import Synchronization

/// A clock that stands still until a test moves it. Starts at 1,800,000,000 s after the epoch.
final class ManualClock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_800_000_000_000_000))

    var now: Timestamp { self.time.withLock { $0 } }

    var relayClock: RelayClock { RelayClock { self.now } }

    func advance(seconds: Int64) {
        self.time.withLock { $0 = $0.adding(seconds: seconds) }
    }

    func advance(milliseconds: Int64) {
        self.time.withLock { $0 = Timestamp(microseconds: $0.microseconds + milliseconds * 1000) }
    }
}
