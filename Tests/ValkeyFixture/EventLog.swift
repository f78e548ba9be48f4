/// What happened, in order, for a test to wait for. Each test has a time limit.
public struct EventLog<Event: Sendable>: Sendable {
    public let events: AsyncStream<Event>
    public let add: @Sendable (Event) -> Void

    public init() {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        self.add = { continuation.yield($0) }
    }

    /// Takes events until one fits.
    ///
    /// - Returns: all that were taken.
    @discardableResult
    public func first(_ fits: @Sendable (Event) -> Bool) async -> [Event] {
        var taken: [Event] = []
        for await event in self.events {
            taken.append(event)
            if fits(event) { break }
        }
        return taken
    }
}
