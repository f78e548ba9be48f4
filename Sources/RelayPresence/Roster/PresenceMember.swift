public import NIOCore
public import RelayCore
public import RelayWire

/// Somebody who is on a topic: a user by one connection. A user with two tabs is there twice.
public struct PresenceMember: Hashable, Sendable {
    public let connection: ConnectionID
    public let user: UserID
    public let username: String
    /// What the member says of itself: a JSON value, byte for byte as the edge gave it; nil for nothing.
    public let data: ByteBuffer?
    /// When it came, by the wall clock of its relay. An update keeps it.
    public let joinedAt: Timestamp
    /// When it said something of itself last: by joining, or by an update. Never before ``joinedAt``.
    public let lastSeen: Timestamp
    /// The relay that it is connected to.
    let relay: RelayName

    init(
        connection: ConnectionID,
        user: UserID,
        username: String,
        data: ByteBuffer?,
        joinedAt: Timestamp,
        lastSeen: Timestamp,
        relay: RelayName
    ) {
        self.connection = connection
        self.user = user
        self.username = username
        self.data = data
        self.joinedAt = joinedAt
        self.lastSeen = lastSeen
        self.relay = relay
    }

    /// What holding it in memory costs, and, about, what showing it costs, in bytes.
    public var cost: Int { Self.bookkeepingBytes + self.username.utf8.count + (self.data?.readableBytes ?? 0) }

    private static let bookkeepingBytes = 256
}
