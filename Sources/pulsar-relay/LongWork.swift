import NIOPosix
import RelayCommands
import Synchronization

/// Work that blocks for long, and that a person may break off.
enum LongWork {
    /// Says whether the work was broken off. It asks this at each step.
    final class Watch: Sendable {
        private let state = Atomic<Bool>(false)

        func breakOff() { self.state.store(true, ordering: .relaxed) }

        /// - Throws: `CancellationError` where the work is to end.
        func check() throws {
            if self.state.load(ordering: .relaxed) { throw CancellationError() }
        }
    }

    /// Runs `body` on a thread of its own until it ends. SIGINT and SIGTERM break it off, and that is a failure: what was to be made is not there.
    static func run<Value: Sendable>(_ body: @escaping @Sendable (Watch) throws -> Value) async throws -> Value {
        let result = Mutex<Value?>(nil)
        let watch = Watch()
        try await Interruption.run {
            let value = try await withTaskCancellationHandler {
                try await NIOThreadPool.singleton.runIfActive { try body(watch) }
            } onCancel: {
                watch.breakOff()
            }
            result.withLock { $0 = value }
        }
        guard let value = result.withLock({ $0 }) else { throw BrokenOff() }
        return value
    }
}

/// A person ended the work before it was done.
struct BrokenOff: Error, CustomStringConvertible {
    var description: String { "broken off: nothing was changed" }
}

/// A line on standard error that says how far the work is, where somebody is looking.
struct ProgressLine: Sendable {
    private struct State {
        var told: ContinuousClock.Instant?
        var isOpen = false
    }

    private let state = SharedState()

    private final class SharedState: Sendable {
        let value = Mutex(State())
    }

    private let isShown: Bool

    init(isShown: Bool) {
        self.isShown = isShown
    }

    /// Shown four times a second at most.
    func tell(_ text: @autoclosure () -> String) {
        guard self.isShown else { return }
        let now = ContinuousClock.now
        let isDue = self.state.value.withLock { state in
            if let told = state.told, now - told < .milliseconds(250) { return false }
            state.told = now
            state.isOpen = true
            return true
        }
        if isDue { StandardStreams.trace("\r\u{1B}[K\(text())") }
    }

    /// Takes the line away.
    func end() {
        let wasOpen = self.state.value.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if wasOpen { StandardStreams.trace("\r\u{1B}[K") }
    }
}
