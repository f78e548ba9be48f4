import Foundation
import NIOCore
public import RelayCore
import RelayWire

extension RelayClock {
    /// The system's clocks.
    public static let system = RelayClock(
        // A Double holds microseconds since 1970 exactly for the next two centuries.
        now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) },
        uptime: { .now() }
    )
}
