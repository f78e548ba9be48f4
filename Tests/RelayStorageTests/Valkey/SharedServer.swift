import ValkeyFixture

/// A server that runs while somebody uses it.
actor SharedServer {
    static let shared = SharedServer()

    private var users: Set<String> = []
    private var starting: Task<ValkeyServerProcess, any Error>?

    /// - Returns: the server, until `user` leaves.
    func join(_ user: String) async throws -> ValkeyServerProcess {
        self.users.insert(user)
        let task = self.starting ?? Task { try await ValkeyServerProcess.start() }
        self.starting = task
        return try await task.value
    }

    func leave(_ user: String) async {
        guard self.users.remove(user) != nil, self.users.isEmpty, let task = self.starting else { return }
        self.starting = nil
        try? await task.value.stop()
    }
}
