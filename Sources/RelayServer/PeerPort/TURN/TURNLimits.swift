import NIOCore

/// How much TURN gives, in all and to each.
struct TURNLimits: Sendable {
    /// Relayed ports at a time, of all users.
    var allocations = 1_000
    /// Of one user.
    var allocationsPerUser = 4
    /// From which relayed ports are taken.
    var ports: ClosedRange<UInt16> = 49_152...65_535
    /// Bytes in a second that are relayed for one user, both ways together. 0: no limit.
    var bytesPerSecond = TrafficBucket.standardRate

    /// Peers that one allocation may have permissions for, and channels to.
    static let peers = 64
    /// Of an allocation whose client asks for less, or for none (RFC 8656, 7.2).
    static let standardLife = TimeAmount.seconds(600)
    /// The most that a client gets.
    static let longestLife = TimeAmount.seconds(3_600)
    /// Of a permission (RFC 8656, 9).
    static let permissionLife = TimeAmount.seconds(300)
    /// Of a channel (RFC 8656, 12).
    static let channelLife = TimeAmount.seconds(600)
    /// Ports that are tried, one after another, where the system refuses one.
    static let portAttempts = 8
}
