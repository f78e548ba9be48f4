import Foundation
public import RelayCore
import RelayWire

extension RelayClock {
    /// The system's wall clock.
    public static let system = RelayClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
