import NIOCore
import RelayTunnels

/// What one socket may say in a second: two token buckets, of messages and of bytes.
///
/// What is too much is not refused. The socket is read no further until it is paid for, so a client that knows nothing of the bound loses
/// nothing to it.
struct SenderBudget {
    /// 0 is no limit.
    struct Limits: Sendable {
        /// Default 200.
        var messagesPerSecond = 200
        /// Default 2 MiB.
        var bytesPerSecond = 2 << 20
    }

    private var messages: BandwidthLimit?
    private var bytes: BandwidthLimit?

    init(_ limits: Limits) {
        self.messages = Self.bucket(limits.messagesPerSecond)
        self.bytes = Self.bucket(limits.bytesPerSecond)
    }

    /// A second's worth may be spent at once after a rest.
    private static func bucket(_ perSecond: Int) -> BandwidthLimit? {
        perSecond > 0 ? BandwidthLimit(bytesPerSecond: perSecond, burst: perSecond) : nil
    }

    /// A message has come.
    ///
    /// - Returns: from when on the next may; nil for at once.
    mutating func spend(_ count: Int, at now: NIODeadline) -> NIODeadline? {
        let moments = [self.messages?.spend(1, at: now), self.bytes?.spend(count, at: now)]
        guard let latest = moments.compactMap(\.self).max(), latest > now else { return nil }
        return latest
    }
}
