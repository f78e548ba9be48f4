/// Where reading starts in topics that have no cursor.
public enum SubscriptionStart: Sendable, Hashable {
    /// With what is published from now on.
    case last
    /// With the oldest message kept.
    case earliest
    /// After the message with this id.
    case after(String)

    /// `last`, `earliest`, or a message id.
    public init(_ text: String) {
        switch text {
        case "last": self = .last
        case "earliest": self = .earliest
        default: self = .after(text)
        }
    }

    /// As the relay reads it.
    var offset: String {
        switch self {
        case .last: "last"
        case .earliest: "earliest"
        case .after(let id): id
        }
    }
}
