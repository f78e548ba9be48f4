import Foundation
public import RelayCore
import RelayWire

extension RelayClock {
    /// The system's wall clock.
    public static let system = RelayClock {
        // A Double holds microseconds since 1970 exactly for the next two centuries.
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
