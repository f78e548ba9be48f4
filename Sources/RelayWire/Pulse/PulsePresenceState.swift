public import NIOCore

/// A member of a channel, as its subscribers are told.
public struct PulsePresenceState: Hashable, Sendable {
    public let connectionID: String
    /// In milliseconds since 1970.
    public let joinedAt: UInt64
    /// In milliseconds since 1970.
    public let lastSeen: UInt64
    /// Checked once, for both its size and its bytes.
    private let data: MessagePackJSONValue?

    /// - Parameter data: JSON, whatever value it is; null where there is none. What no ``JSONScanner`` takes counts as none.
    public init(connectionID: String, data: ByteBuffer?, joinedAt: UInt64, lastSeen: UInt64) {
        self.connectionID = connectionID
        self.joinedAt = joinedAt
        self.lastSeen = lastSeen
        self.data = data.flatMap { try? MessagePackJSONValue($0) }
    }

    func put(into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)) {
        sink.pack(mapOf: 4)
        sink.pack(name: "connection_id")
        sink.pack(text: self.connectionID)
        sink.pack(name: "data")
        if let data = self.data { data.put(into: &sink) } else { sink.packNull() }
        sink.pack(name: "joined_at")
        sink.pack(self.joinedAt)
        sink.pack(name: "last_seen")
        sink.pack(self.lastSeen)
    }
}

/// What has become of a member, as the channel's other subscribers are told.
public enum PulsePresenceChange: Hashable, Sendable, CaseIterable {
    case joined
    case left
    case updated

    var action: PulsePresenceAction {
        switch self {
        case .joined: .join
        case .left: .leave
        case .updated: .update
        }
    }
}
