/// As which peer somebody acts: users have several, say one for each tab of a browser.
///
/// A class, so that the many who act as no peer pay for one empty reference.
public final class PeerStanding: Hashable, Sendable {
    /// The peer's name within its topic. Not checked yet, unless there is a ticket.
    public let id: String
    /// By which the peer is let in; nil for a user who names a peer of their own.
    public let ticket: TicketHolding?
    /// Whether a token says so: then its holder's client can name no other. A ticket always does.
    public let isFixed: Bool

    public init(id: String, ticket: TicketHolding? = nil, isFixed: Bool = false) {
        self.id = id
        self.ticket = ticket
        self.isFixed = isFixed || ticket != nil
    }

    public static func == (left: PeerStanding, right: PeerStanding) -> Bool {
        left === right || left.id.isExactly(right.id) && left.ticket == right.ticket && left.isFixed == right.isFixed
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(exactly: self.id)
        hasher.combine(self.ticket)
    }
}

/// A verified ticket: leave to use one root topic with its parts, and nothing else.
public struct TicketHolding: Hashable, Sendable {
    public let root: TopicName
    /// Its `jti`. Whether it is still good the topic's kind decides from its state.
    public let id: String

    public init(root: TopicName, id: String) {
        self.root = root
        self.id = id
    }
}
