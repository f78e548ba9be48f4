extension Dialect {
    static let bareNIO = Dialect(
        publishPath: "/publish",
        fanOutPath: "/fanout",
        bulkPath: "/publish",
        socketPath: "/ws",
        pollMethod: "POST",
        pollPath: "/poll",
        subscribeFrame: nil,
        token: Self.placeholderToken,
        documentsPath: "/document/"
    )

    static let nchan = Dialect(
        publishPath: "/publish",
        fanOutPath: "/publish",
        bulkPath: "/publish",
        socketPath: "/ws",
        pollMethod: "GET",
        pollPath: "/poll",
        subscribeFrame: nil,
        token: Self.placeholderToken
    )

    /// Its WebSockets are all that is asked of it.
    static let yWebsocket = Dialect.nchan

    static func relay(token: String) -> Dialect {
        Dialect(
            publishPath: "/api/v1/messages",
            fanOutPath: "/api/v1/messages",
            bulkPath: "/api/v1/messages/bulk",
            socketPath: "/ws",
            pollMethod: "POST",
            pollPath: "/messages/poll",
            subscribeFrame: Self.subscribeFrame(Payload.topic),
            token: token,
            documentsPath: "/yjs/"
        )
    }

    /// About as long as the relay's.
    private static let placeholderToken = String(repeating: "t", count: 280)
}
