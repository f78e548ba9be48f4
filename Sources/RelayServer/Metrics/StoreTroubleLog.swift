import Logging
import NIOCore
import RelayCore
import Synchronization

/// Says in the log that publishes fail, and why: a line a second at most, however many fail.
final class StoreTroubleLog: Sendable {
    private struct State {
        var nextLine: NIODeadline?
        var failed = 0
    }

    private static let interval = TimeAmount.seconds(1)

    private let logger: Logger
    private let state = Mutex(State())

    init(_ logger: Logger) {
        self.logger = logger
    }

    func failed(_ error: StoreError, at now: NIODeadline = .now()) {
        let count = self.state.withLock { state -> Int? in
            state.failed += 1
            if let next = state.nextLine, now < next { return nil }
            state.nextLine = now + Self.interval
            defer { state.failed = 0 }
            return state.failed
        }
        guard let count else { return }
        self.logger.error("publishes fail", metadata: ["error": "\(error)", "publishes": "\(count)"])
    }
}
