import NIOCore

/// A connection that gives memory back while nothing goes over it.
protocol RestingConnection: AnyObject {
    /// Whether anything has gone over it since this was last set to false.
    var wasUsed: Bool { get set }

    /// Nothing has gone over it for a while.
    ///
    /// - Returns: whether it rests, until ``RestingConnections/woke(_:)`` is called. False where it can't yet, and is asked again.
    func rest() -> Bool
}

/// The connections of one event loop that have something to give back once they are quiet. Lives on that loop.
///
/// One timer looks after all of them, and there is none while all of them rest.
final class RestingConnections {
    /// A connection rests that was not used for one to two of these. What it gives back must be fetched again when it is next used, at
    /// the cost of a few microseconds: so one that is used every second never rests.
    static let interval = TimeAmount.seconds(2)

    /// How many are looked at in a row, and for how long the loop then looks after its sockets.
    private static let portion = 100
    private static let pause = TimeAmount.milliseconds(2)

    private let eventLoop: any EventLoop
    private var awake: [any RestingConnection] = []
    private var isWatching = false

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// How many do not rest.
    var count: Int { self.awake.count }

    /// The connection was used, and did not know itself awake.
    func woke(_ connection: any RestingConnection) {
        self.awake.append(connection)
        guard !self.isWatching else { return }
        self.isWatching = true
        self.lookLater()
    }

    private func lookLater() {
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { [weak self] in
            guard let self else { return }
            self.look(below: self.awake.count)
        }
    }

    /// Looks at those below `end`, from there down. Those that wake meanwhile are behind it.
    private func look(below end: Int) {
        let stop = max(0, end - Self.portion)
        for place in (stop..<end).reversed() {
            let connection = self.awake[place]
            if connection.wasUsed {
                connection.wasUsed = false
            } else if connection.rest() {
                self.awake.swapAt(place, self.awake.count - 1)
                self.awake.removeLast()
            }
        }
        if stop > 0 {
            self.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [weak self] in self?.look(below: stop) }
        } else if self.awake.isEmpty {
            self.isWatching = false
        } else {
            self.lookLater()
        }
    }
}
