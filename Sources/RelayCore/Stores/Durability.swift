/// What a message survives once its publish was answered with success.
public enum Durability: String, CaseIterable, Hashable, Sendable {
    /// Nothing: it is in the relay's memory.
    case memory
    /// The relay: it is in the memory of a server that relays share, which keeps it by its own rules.
    case stored
    /// That server as well: replicas of it have the message.
    case replicated
    /// A power cut: it is on the disk.
    case synced
}
