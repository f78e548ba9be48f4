import NIOCore

/// One keep-alive connection that sends requests one at a time.
struct HTTPConnection: Sendable {
    let channel: any Channel

    /// Sends the request over and over until `deadline`, each when the one before is answered with 2xx.
    func repeatedly(_ request: ByteBuffer, until deadline: NIODeadline) -> EventLoopFuture<Answers> {
        let done = self.channel.eventLoop.makePromise(of: Answers.self)
        self.channel.triggerUserOutboundEvent(RequestHandler.Run(request: request, until: deadline, done: done))
            .whenFailure { done.fail($0) }
        return done.futureResult
    }

    func once(_ request: ByteBuffer) -> EventLoopFuture<Answers> {
        self.repeatedly(request, until: .distantPast)
    }

    func close() async {
        // A connection that the server closed first is closed, too.
        try? await self.channel.close().get()
    }
}
