import NIOCore
import NIOHTTP1

/// Replies whose bodies come in parts: see ``PartedAnswer``.
extension HTTPConnection {
    /// Begins a response of unknown length. HTTP/1.0 knows its end by the connection's.
    func startParts(_ exchange: Exchange, _ reply: Reply) {
        guard let context = self.context else { return }
        var head = HTTPResponseHead(version: exchange.head.version, status: reply.status, headers: reply.headers)
        if self.closesAfterParts(exchange) { head.headers.add(name: "connection", value: "close") }
        self.services.gate.decorate(&head.headers, for: exchange.head, requestID: exchange.requestID)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    /// - Parameter taken: completed when the socket has taken the part, or never will.
    func writePart(_ bytes: ByteBuffer, _ taken: EventLoopPromise<Void>) {
        guard let context = self.context else { return taken.fail(ChannelError.ioOnClosedChannel) }
        self.deadline = .now() + self.services.timeouts.write
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: taken)
    }

    /// The last part is taken.
    func endParts(_ exchange: Exchange) {
        guard let context = self.context, case .answering(let current) = self.phase, current === exchange else {
            return
        }
        if self.closesAfterParts(exchange) { return self.endStream(exchange) }
        self.phase = .idle
        self.deadline = .now() + self.services.timeouts.idle
        context.write(self.wrapOutboundOut(.end(nil)), promise: nil)
        self.goOn()
    }

    private func closesAfterParts(_ exchange: Exchange) -> Bool {
        exchange.head.version != .http1_1 || !exchange.head.keepsConnection || self.isShuttingDown
    }
}
