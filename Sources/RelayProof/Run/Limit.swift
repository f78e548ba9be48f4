import RelayClient

/// Bounds how long something takes.
enum Limit {
    /// Cancels `body` after `span`.
    ///
    /// - Throws: what `body` throws, or ``RelayError`` with code `unavailable` when the time is up.
    static func run(for span: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        guard try await self.isDone(within: span, body) else {
            throw RelayError(.unavailable, detail: "the relay did not answer in time", isTimeout: true)
        }
    }

    /// Cancels `body` after `span`.
    ///
    /// - Returns: whether `body` came to its end before.
    static func isDone(within span: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws -> Bool
    {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await Task.sleep(for: span)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
