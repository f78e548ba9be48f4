public import NIOCore

/// How many bytes a second the tunnels of a session may carry together: a token bucket, kept as the one moment at which all that was
/// spent is paid for.
///
/// It answers with credit, not with a delay: whoever has spent gets the moment from which it may take more. So each is served in turn, and
/// what was read already is never kept back.
public struct BandwidthLimit: Hashable, Sendable {
    /// As which a datagram counts at least, in bytes: one without content takes a packet's place, a hop and an acknowledgement too.
    public static let smallestDatagram = 64

    public let bytesPerSecond: Int
    /// For how much of it, in time, a quiet session may spend ahead.
    private let ahead: TimeAmount
    private var paidAt = NIODeadline.uptimeNanoseconds(0)

    /// - Parameters:
    ///   - bytesPerSecond: 1 or more.
    ///   - burst: bytes that may be spent at once after a quiet time. Default: a quarter of a second's.
    public init(bytesPerSecond: Int, burst: Int? = nil) {
        precondition(bytesPerSecond > 0, "a limit of \(bytesPerSecond) bytes a second")
        self.bytesPerSecond = bytesPerSecond
        self.ahead = Self.time(for: burst ?? bytesPerSecond / 4, at: bytesPerSecond)
    }

    private static func time(for bytes: Int, at bytesPerSecond: Int) -> TimeAmount {
        // A read or a frame is far below 4 GiB, whose product still fits.
        .nanoseconds(Int64(min(bytes, 1 << 32)) * 1_000_000_000 / Int64(bytesPerSecond))
    }

    /// Bytes have come, and go on.
    ///
    /// - Returns: from when on whoever sent them may send more. A moment that has come: at once.
    public mutating func spend(_ bytes: Int, at now: NIODeadline) -> NIODeadline {
        let start = max(self.paidAt, now - self.ahead)
        self.paidAt = start + Self.time(for: bytes, at: self.bytesPerSecond)
        return self.paidAt
    }

    /// A datagram has come, which may be dropped.
    ///
    /// - Parameter bytes: of its content. It counts as ``smallestDatagram`` at least.
    /// - Returns: false where more was spent before than is paid for: then they are to be dropped, and nothing is spent.
    public mutating func take(_ bytes: Int, at now: NIODeadline) -> Bool {
        guard self.paidAt <= now else { return false }
        _ = self.spend(max(bytes, Self.smallestDatagram), at: now)
        return true
    }
}
