/// One event of an event stream.
public struct EventStreamEvent: Sendable, Hashable {
    /// Give it as `lastEventID` to go on after this event. Nil where the event has none: the one before still counts.
    public let id: String?
    /// What it says; nil for an event that only has an id.
    public let frame: ServerFrame?
}
