/// What a webhook can be told of.
public enum WebhookEvent: String, CaseIterable, Codable, Hashable, Sendable {
    /// A message of a topic.
    case message
    /// A topic has got its first reader.
    case occupied
    /// A topic has lost its last reader.
    case vacated
    /// A peer has joined an editing session.
    case joined
    /// A peer has left an editing session.
    case left
    /// Anything else that an editing session tells its peers of itself.
    case session

    /// Those that tell whether somebody reads a topic.
    public static let ofReaders: Set<WebhookEvent> = [.occupied, .vacated]
    /// Those that come out of a topic's stream, where a cursor holds their place.
    public static let streamed: Set<WebhookEvent> = [.message, .joined, .left, .session]
}
