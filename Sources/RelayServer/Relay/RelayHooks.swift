/// What the relay tells whoever started it.
public struct RelayHooks: Sendable {
    /// Called once, when requests are served, with the port, and with the certificate that is shown there; nil where there is no TLS.
    public var listening: @Sendable (_ port: Int, _ certificate: CertificateFacts?) async -> Void
    /// Called at the very first start if an administrator was made up: its name and its password, which is kept nowhere.
    public var announcePassword: @Sendable (_ username: String, _ password: String) -> Void
    /// How many log lines were dropped so far, for the metrics.
    public var droppedLogLines: @Sendable () -> Int
    /// Yields when the configuration is to be read again; nil where nobody says so.
    public var reloads: AsyncStream<Void>?
    /// Told when requests are served, when the relay stops, and that it lives; nil where nobody wants to know.
    public var manager: ServiceManager?

    /// Hooks that do nothing, but for those given.
    public init(
        listening: @escaping @Sendable (_ port: Int, _ certificate: CertificateFacts?) async -> Void = { _, _ in },
        announcePassword: @escaping @Sendable (_ username: String, _ password: String) -> Void = { _, _ in },
        droppedLogLines: @escaping @Sendable () -> Int = { 0 },
        reloads: AsyncStream<Void>? = nil,
        manager: ServiceManager? = nil
    ) {
        self.listening = listening
        self.announcePassword = announcePassword
        self.droppedLogLines = droppedLogLines
        self.reloads = reloads
        self.manager = manager
    }
}
