import RelayAccess
import RelayCore
import RelayPresence

/// A connection, or a poll, whose client is told who is on topics. Lives on its loop.
protocol PresenceAudience: Suspending {
    var session: Session { get }

    /// Whether its client takes more now. What has changed meanwhile comes later, as one hand-out.
    var takesPresence: Bool { get }

    /// The client is sent this with the next ``flushPresence()``.
    func show(_ handout: PresenceHandout, at seat: PresenceSeat)

    /// The topic's presence can't be read any more, and what the client had to do with it has ended.
    func presenceEnded(_ seat: PresenceSeat, on topic: TopicName, _ reason: ReaderEnd)

    func flushPresence()
}
