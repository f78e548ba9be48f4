/// Where a kind's messages lie.
public enum StreamTier: Hashable, Sendable {
    /// In the relay's store, as durable as is asked for.
    case kept
    /// In memory only, for messages that are worth nothing later: nothing is written to disk, nobody waits for a commit. Where several
    /// relays share a store it holds them, in one order for all, for as long as the kind's retention says.
    case hot
}
