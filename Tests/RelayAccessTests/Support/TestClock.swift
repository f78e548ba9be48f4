import RelayWire
import Synchronization

/// A clock that moves only when told to.
final class TestClock: Sendable {
    private let moment: Mutex<Timestamp>

    init(seconds: Int64 = 1_800_000_000) {
        self.moment = Mutex(Timestamp(microseconds: 0).adding(seconds: seconds))
    }

    var now: Timestamp { self.moment.withLock { $0 } }

    func advance(seconds: Int64) {
        self.moment.withLock { $0 = $0.adding(seconds: seconds) }
    }
}
