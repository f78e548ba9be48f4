import NIOCore
import RelayTunnels
import Synchronization

/// How much a user may have relayed. What goes beyond is not sent: datagrams may be lost, and senders slow down by that.
protocol TrafficAllowance: AnyObject, Sendable {
    func take(_ bytes: Int, at now: NIODeadline) -> Bool
}

/// So many bytes in a second, and as many at once after a rest. An atomic, so that whatever carries a user's bytes may share it.
final class TrafficBucket: TrafficAllowance {
    /// Bytes in a second, 10 MiB.
    static let standardRate = 10 << 20

    private let bytesPerSecond: UInt64
    /// When it is full again, by uptime in nanoseconds.
    private let fullAt = Atomic<UInt64>(0)

    /// - Parameter bytesPerSecond: at most 16 GiB; 0 is no limit.
    init(bytesPerSecond: Int) {
        self.bytesPerSecond = UInt64(max(0, bytesPerSecond))
    }

    func take(_ bytes: Int, at now: NIODeadline) -> Bool {
        guard self.bytesPerSecond > 0 else { return true }
        guard bytes <= self.bytesPerSecond else { return false }
        let now = now.uptimeNanoseconds
        let cost = UInt64(max(0, bytes)) * 1_000_000_000 / self.bytesPerSecond
        var full = self.fullAt.load(ordering: .relaxed)
        while true {
            let next = max(full, now) + cost
            guard next - now <= 1_000_000_000 else { return false }
            let (isDone, found) = self.fullAt.weakCompareExchange(expected: full, desired: next, ordering: .relaxed)
            if isDone { return true }
            full = found
        }
    }
}

/// What a session's peers may have carried together, in whatever way.
final class SessionAllowance: TrafficAllowance {
    private let bandwidth: SharedBandwidth

    init(_ bandwidth: SharedBandwidth) {
        self.bandwidth = bandwidth
    }

    func take(_ bytes: Int, at now: NIODeadline) -> Bool { self.bandwidth.take(bytes, at: now) }
}
