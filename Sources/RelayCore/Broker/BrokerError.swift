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
    /// The user owns as many topics as a user may, or has granted this one to as many. Nothing was stored.
    case quota(Quota)
    /// There are as many topics as the relay may have. Nothing was stored; try again when some were deleted.
    case full
    /// Too much is waiting for the store. Nothing was stored; try again later.
    case overloaded
    /// As many of the user's own publishes wait for the store as may. Nothing was stored; try again when some are answered.
    case tooManyWaiting
    /// The store failed. Try again later.
    case store(StoreError)
}

/// A bound on what one user may make the relay keep.
public enum Quota: Hashable, Sendable {
    /// Topics of one owner; the bound.
    case topicsOfUser(Int)
    /// Grants on one topic; the bound.
    case grantsOnTopic(Int)
    /// Named readers of one topic, all users' together; the bound.
    case readersOfTopic(Int)
    /// Named readers of one user; the bound.
    case readersOfUser(Int)
}
