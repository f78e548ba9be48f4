/// The edge behind seats. Called on its loop.
public protocol PresenceListener: AnyObject {
    /// ``PresenceSeat/next()`` and ``PresenceSeat/roster()`` may have something: who is there has been read, or, for who watches, has changed. Never
    /// called from inside of a call of the seat's.
    func presenceIsReady(_ seat: PresenceSeat)
}
