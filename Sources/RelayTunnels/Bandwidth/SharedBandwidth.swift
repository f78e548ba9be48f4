public import NIOCore
import Synchronization

/// One session's ``BandwidthLimit``, for all ways on which the relay carries its bytes, on all event loops.
///
/// Owns the limit, in a short `Mutex`: once for each read of a socket, or each datagram.
public final class SharedBandwidth: Sendable {
    private let limit: Mutex<BandwidthLimit>

    public init(_ limit: BandwidthLimit) {
        self.limit = Mutex(limit)
    }

    /// As ``BandwidthLimit/spend(_:at:)``. From any thread.
    public func spend(_ bytes: Int, at now: NIODeadline) -> NIODeadline {
        self.limit.withLock { $0.spend(bytes, at: now) }
    }

    /// As ``BandwidthLimit/take(_:at:)``. From any thread.
    public func take(_ bytes: Int, at now: NIODeadline) -> Bool {
        self.limit.withLock { $0.take(bytes, at: now) }
    }
}
