/// A broken promise.
public enum Fault: String, Sendable, Hashable, CaseIterable {
    /// Acknowledged, and not delivered to a reader that was told of no gap there; or delivered to one reader, and passed over
    /// by another.
    case lost
    /// Delivered again to a reader that had it.
    case repeated
    /// Delivered after a message with a greater id.
    case outOfOrder
    /// Known under one id to one side, and under another to another.
    case otherID
    /// Two messages of one publish.
    case storedTwice
    /// Two messages with one id.
    case sharedID
    /// Refused, and delivered or stored all the same.
    case refusedYetStored
    /// Not what was published: altered, in another topic, or of nobody.
    case foreign
    /// Acknowledged or delivered, and not in the history, though older and newer messages are.
    case notInHistory
    /// Delivered to a peer that it is not for.
    case misdelivered
    /// A joining or leaving that was told though the peer was in the session, or out of it, already.
    case toldTwice
    /// A joining or leaving that the relay acknowledged, and never told.
    case untold
    /// A peer that vanished was told to have left long after it should have been.
    case toldLate

    /// A member of a topic that is not shown as one to who watches, or not as it says of itself.
    case absent
    /// A member that is shown though it has gone.
    case ghost

    /// Those that sessions alone can have.
    public static let ofSessions: Set<Fault> = [.misdelivered, .toldTwice, .untold, .toldLate]
    /// Those that presence alone can have.
    public static let ofPresence: Set<Fault> = [.absent, .ghost]

    public var title: String {
        switch self {
        case .lost: "lost"
        case .repeated: "repeated"
        case .outOfOrder: "out of order"
        case .otherID: "under another id"
        case .storedTwice: "stored twice"
        case .sharedID: "two with one id"
        case .refusedYetStored: "refused yet stored"
        case .foreign: "altered or foreign"
        case .notInHistory: "missing in history"
        case .misdelivered: "delivered to the wrong peer"
        case .toldTwice: "told twice"
        case .untold: "never told"
        case .toldLate: "told too late"
        case .absent: "not shown as present"
        case .ghost: "shown though gone"
        }
    }
}
