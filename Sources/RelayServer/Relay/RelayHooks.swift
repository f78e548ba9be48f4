/// What the relay tells whoever started it.
public struct RelayHooks: Sendable {
    /// Called once, when requests are served, with the port.
    public var listening: @Sendable (Int) async -> Void
    /// Called at the very first start if an administrator was made up: its name and its password, which is kept nowhere.
    public var announcePassword: @Sendable (_ username: String, _ password: String) -> Void
    /// How many log lines were dropped so far, for the metrics.
    public var droppedLogLines: @Sendable () -> Int

    public init(
        listening: @escaping @Sendable (Int) async -> Void = { _ in },
        announcePassword: @escaping @Sendable (_ username: String, _ password: String) -> Void = { _, _ in },
        droppedLogLines: @escaping @Sendable () -> Int = { 0 }
    ) {
        self.listening = listening
        self.announcePassword = announcePassword
        self.droppedLogLines = droppedLogLines
    }
}
