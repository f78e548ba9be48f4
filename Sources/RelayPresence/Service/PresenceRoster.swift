public import RelayCore

/// Who is on a topic at one moment.
public struct PresenceRoster: Sendable {
    /// In the order of their connections' ids, by bytes.
    public let members: [PresenceMember]
    public let counts: PresenceCounts
    /// What a watcher goes on from who knows this.
    public let cursor: Cursor
}
