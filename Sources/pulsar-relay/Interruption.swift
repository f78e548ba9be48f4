import UnixSignals

/// Ends work in good order when the process is told to stop.
enum Interruption {
    /// Runs `body` until it ends, or until SIGINT or SIGTERM comes; then it is cancelled, and that is no failure.
    static func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { for await _ in signals { return } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
