public import RelayWire

/// What a stream lacks: a stretch whose messages were stored, and may have been acknowledged and read, before the store lost them.
///
/// A reader at or before its beginning has missed them. A reader inside it may have missed some. No id in it is given
/// out again. What readers are told is a ``Gap``.
public struct StreamHole: Hashable, Sendable {
    /// The newest id before it that survived.
    public let after: MessageID
    /// The newest id that is known to have been given out.
    public let through: MessageID

    /// - Parameter through: not before `after`.
    public init(after: MessageID, through: MessageID) {
        self.after = after
        self.through = through
    }
}
