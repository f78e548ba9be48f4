import NIOCore

/// A handle on an open WebSocket, usable from any task. Whoever has it closes it.
struct WebSocketConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<WebSocketHandler>

    /// Call on the channel's event loop.
    init(channel: any Channel, handler: WebSocketHandler) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    func send(_ text: String) async throws { try await self.send(ByteBuffer(string: text)) }

    /// Sends a message in the format that the connection was opened for. Returns once it is written.
    func send(_ message: ByteBuffer) async throws {
        let promise = self.channel.eventLoop.makePromise(of: Void.self)
        self.channel.eventLoop.execute { self.handler.value.send(message, promise) }
        try await promise.futureResult.get()
    }

    /// The next message, or why there is none. A cancelled wait closes the connection.
    func receive() async throws -> WebSocketHandler.Received {
        let promise = self.channel.eventLoop.makePromise(of: WebSocketHandler.Received.self)
        self.channel.eventLoop.execute { self.handler.value.receive(promise) }
        let received = try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            self.close()
        }
        try Task.checkCancellation()
        return received
    }

    /// Whether a call of ``receive()`` would wait.
    func hasNothing() async throws -> Bool {
        try await self.channel.eventLoop.submit { self.handler.value.hasNothing }.get()
    }

    /// Closes after `delay` unless the returned timer is stopped first.
    func close(after delay: TimeAmount) -> Scheduled<Void> {
        self.channel.eventLoop.scheduleTask(in: delay) { self.handler.value.close() }
    }

    func close() {
        self.channel.eventLoop.execute { self.handler.value.close() }
    }
}
