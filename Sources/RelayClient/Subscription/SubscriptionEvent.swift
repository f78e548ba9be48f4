/// What happens on a subscription, in the order in which it happens.
public enum SubscriptionEvent: Sendable, Hashable {
    /// Connected, for the first time or again. `cursors`: by topic, the cursor after which delivery starts (an id, or `epoch@id`),
    /// where the relay says so.
    case subscribed(topics: [String], cursors: [String: String])
    case message(RelayMessage)
    /// Messages before the next one of this topic are lost.
    case gap(MessageGap)
    /// The relay complains; the subscription goes on unless it ends right after.
    case error(code: String, message: String)
    /// The connection is gone. The next attempt comes after `delay`, and continues where this connection stopped.
    case reconnecting(reason: String, delay: Duration)
}
