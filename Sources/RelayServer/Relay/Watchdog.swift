import NIOCore

/// Gives the service manager a sign of life as long as every event loop turns.
///
/// A loop that no longer turns answers nobody on it, while the process and the others look well. Then no sign comes, and the manager
/// starts the relay anew. A store that is away stops no loop: a new start would not bring it back.
struct Watchdog: Sendable {
    let interval: Duration
    let loops: [any EventLoop]
    let isAlive: @Sendable () -> Void

    /// Until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            for loop in self.loops { try? await loop.submit {}.get() }
            self.isAlive()
            // Twice within the interval, so that one that is late is not the end.
            try? await Task.sleep(for: self.interval / 2)
        }
    }
}
