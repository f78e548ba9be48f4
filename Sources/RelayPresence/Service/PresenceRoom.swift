import RelayCore
import RelayWire
import Synchronization

/// The members of this relay on one topic, and what of them is on its way into the topic's presence.
///
/// Owner of the book: its lock, held for one change of it.
final class PresenceRoom: Sendable {
    /// Which topic it is: another one of the same name is another room.
    struct Name: Hashable, Sendable {
        /// The plain topic's.
        let topic: TopicKey
        /// The topic's ``TopicRecord/id``.
        let id: String
    }

    /// Told once what became of a join or an update.
    typealias Ticket = @Sendable (Result<PresenceMember, PresenceFailure>) -> Void

    /// What a member is charged with, and whom it counts for, for as long as the book has it.
    struct Held: Sendable {
        let user: UserID?
        var bytes: Int
    }

    struct State {
        var book = PresenceBook<Ticket>()
        var held: [ConnectionID: Held] = [:]
        /// Of all members together.
        var heldBytes = 0
        /// Whether somebody writes, or is about to.
        var isAtWork = false
        /// Whether the relay vouches for its members here.
        var isLeased = false
        /// Whether the room is no more: its name has another, or none. Final.
        var isClosed = false
    }

    let name: Name
    /// The topic that has the presence.
    let part: TopicKey
    let state = Mutex(State())

    init(_ name: Name) {
        self.name = name
        self.part = PresenceTopic.key(of: name.topic)
    }

    /// Whether somebody has to begin to write. Whoever is told so does.
    func beginWork() -> Bool {
        self.state.withLock { state in
            guard !state.isAtWork, !state.isClosed, state.book.hasToWrite || state.book.isEmpty else { return false }
            state.isAtWork = true
            return true
        }
    }
}
