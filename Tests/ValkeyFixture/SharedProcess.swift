/// Something that is slow to start, and runs while at least one test uses it.
public actor SharedProcess<Value: Sendable> {
    private let start: @Sendable () async throws -> Value
    private let stop: @Sendable (Value) async -> Void
    private var users: Set<String> = []
    private var starting: Task<Value, any Error>?

    public init(
        start: @escaping @Sendable () async throws -> Value,
        stop: @escaping @Sendable (Value) async -> Void
    ) {
        self.start = start
        self.stop = stop
    }

    /// Starts it where it does not run.
    ///
    /// - Parameter user: whoever calls this, as often as it likes; its ``leave(_:)`` ends all of that, also where this throws.
    public func join(_ user: String) async throws -> Value {
        self.users.insert(user)
        let task = self.starting ?? Task { [start = self.start] in try await start() }
        self.starting = task
        return try await task.value
    }

    /// Stops it when its last user leaves.
    public func leave(_ user: String) async {
        guard self.users.remove(user) != nil, self.users.isEmpty, let task = self.starting else { return }
        self.starting = nil
        if let value = try? await task.value { await self.stop(value) }
    }
}

extension SharedProcess<ValkeyServerProcess> {
    /// A server as it comes, unless told. Tests keep apart by a prefix of their keys.
    public init(_ options: ValkeyServerOptions = ValkeyServerOptions()) {
        self.init {
            try await ValkeyServerProcess.start(options)
        } stop: {
            await $0.stop()
        }
    }
}

extension SharedProcess<ValkeyClusterProcess> {
    /// A cluster of three masters.
    public init() {
        self.init {
            try await ValkeyClusterProcess.start()
        } stop: {
            await $0.stop()
        }
    }
}
