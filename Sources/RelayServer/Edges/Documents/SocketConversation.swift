/// A conversation about documents over a WebSocket of its own.
protocol SocketConversation: DocumentConnection, WebSocketDialect {
    /// Nil before it is open, and once it closes or is gone.
    var connection: WebSocketConnection? { get }
}

extension SocketConversation {
    var isWritable: Bool { self.connection?.isWritable == true }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.connection?.suspend(work, then: body)
    }

    func flush() { self.connection?.flush() }

    func workBegan() { self.connection?.workBegan() }

    func workEnded() { self.connection?.workEnded() }
}
