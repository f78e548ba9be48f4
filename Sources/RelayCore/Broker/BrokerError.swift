/// Why the broker did not do what a client asked. Edges answer each case in their own protocol.
public enum BrokerError: Error, Hashable, Sendable {
    /// The user may not do that with this topic.
    case denied
    /// There is no such topic, and the action needs one.
    case missing
    /// A topic of that key exists already.
    case exists
    /// The topic changed hands meanwhile: nothing was stored. Publish again by ``Broker/publish(_:as:)``.
    case moved
    /// The topic's kind turned the message down; the text is for the publisher.
    case refused(Refusal)
    /// Too much is waiting for the store. Nothing was stored; try again later.
    case overloaded
    /// The store failed. Try again later.
    case store(StoreError)
}
