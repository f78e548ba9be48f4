/// What was changed in a store that several relays share, by this relay or another: read it again.
public enum StoreChange: Hashable, Sendable {
    case user(UserID)
    /// The token was logged out.
    case token(jti: String, of: UserID)
    /// The topic was created, changed, deleted, or its grants were.
    case topic(TopicKey)
    /// Changes were missed: anything may be different.
    case everything
}

/// A store that several relays share.
public protocol SharedStore: Sendable {
    /// Tells what is stored in its streams. One feed, however often it is asked for.
    var feed: any StreamFeed { get }

    /// Sets whom to tell of changes. Called once, before the relay serves.
    ///
    /// A change is told within 100 ms as a rule, and within 5 s as `everything` where its announcement was lost.
    ///
    /// - Parameter observer: called on any thread, in the order of the changes.
    func observeChanges(_ observer: @escaping @Sendable (StoreChange) -> Void)
}
