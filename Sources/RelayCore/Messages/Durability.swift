/// What a message survives once its publish was answered with success. Weakest first.
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

/// What a topic's publishers wait for, as it is set.
public enum DurabilitySetting: Hashable, Sendable {
    /// Whatever the relay's own setting is.
    case ofRelay
    case own(Durability)

    /// - Parameter durability: as a ``TopicRecord`` holds it.
    public init(_ durability: Durability?) {
        self = durability.map(Self.own) ?? .ofRelay
    }

    /// As a ``TopicRecord`` holds it.
    public var durability: Durability? {
        switch self {
        case .ofRelay: nil
        case .own(let durability): durability
        }
    }

    /// As clients see it: `default`, or the durability's name.
    public var text: String { self.durability?.rawValue ?? "default" }
}
