/// Which part of the relay itself is told of a message once it is stored.
public enum MessageListener: Hashable, Sendable {
    case sessions
    case documents
}
