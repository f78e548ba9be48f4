import NIOCore

/// One connection that sends requests one at a time: over HTTP, or once upgraded over its WebSocket.
struct RequestConnection: Sendable {
    /// How late an answer may be before the server is taken to hang.
    private static let patience = TimeAmount.seconds(20)

    let channel: any Channel

    /// Sends the request over and over until `deadline`, each when the one before has succeeded.
    ///
    /// - Returns: a future that fails with ``LoadError`` when the server refuses, closes the connection or hangs.
    func repeatedly(_ request: ByteBuffer, until deadline: NIODeadline) -> EventLoopFuture<Answers> {
        let done = self.channel.eventLoop.makePromise(of: Answers.self)
        self.channel.triggerUserOutboundEvent(RequestHandler.Run(request: request, until: deadline, done: done))
            .whenFailure { done.fail($0) }
        let alarm = self.channel.eventLoop.scheduleTask(deadline: max(.now(), deadline) + Self.patience) {
            self.channel.close(promise: nil)
        }
        return done.futureResult.always { _ in alarm.cancel() }
    }

    func once(_ request: ByteBuffer) -> EventLoopFuture<Answers> {
        self.repeatedly(request, until: .distantPast)
    }

    func close() async {
        // A connection that the server closed first is closed, too.
        try? await self.channel.close().get()
    }
}
