import NIOCore
import NIOHTTP1
import RelayCore
import RelayHTTP3

/// What carries one request beside others on the same connection: a stream of HTTP/2 or HTTP/3. Its end is the request's. Lives on its loop.
protocol RequestStream: AnyObject {
    /// Written bytes that have not left the relay. The first few thousand are not counted.
    var untakenBytes: Int { get }

    /// When some of what was written left the relay.
    var lastTaken: NIODeadline { get }

    /// Writes an answer as a whole. It is not flushed.
    ///
    /// - Parameters:
    ///   - body: nil for none.
    ///   - promise: kept when the answer has left the relay, or never will.
    func write(_ head: HTTPResponseHead, _ body: ByteBuffer?, promise: EventLoopPromise<Void>?)

    /// Says that the stream carries a WebSocket's bytes from here on, both ways. Those that come are kept until ``passOn()``. They go through a
    /// ``StreamBytes``.
    func openTunnel(_ headers: HTTPHeaders)

    /// The handlers that take the bytes are in their places.
    func passOn()

    /// Whether it opens a session of WebTransport, whose streams it stands for.
    var isSession: Bool { get }

    /// That session, once it is open; nil before, once it is over, and for others.
    var session: WebTransportSession? { get }

    /// Stands between a session's bytes and a ``WebSocketConnection``, of which they are no frames; nil where there is no session.
    func framing(of messages: SessionMessages) -> (any ChannelHandler)?
}

/// How messages lie in the bytes of a session's stream, where no frames of WebSockets part them.
enum SessionMessages {
    /// They say themselves where they end, and are binary.
    case unmarked
    /// They are texts, each behind its length in four bytes, the highest first.
    case measuredTexts
}

extension RequestStream {
    var isSession: Bool { false }
    var session: WebTransportSession? { nil }

    func framing(of messages: SessionMessages) -> (any ChannelHandler)? { nil }
}

extension HTTPConnection {
    /// Writes the answer to a stream's request. Where all of the request has come the stream ends with it, by itself.
    func write(
        _ reply: Reply,
        for exchange: Exchange?,
        on stream: any RequestStream,
        _ hearsOut: Bool,
        _ charge: MemoryCharge?
    ) {
        guard let context = self.context else { return }
        var head = reply.head(version: .http2, closes: false)
        self.decorate(&head.headers, for: exchange)
        self.outstanding.wrote()
        let done = hearsOut || charge != nil ? context.eventLoop.makePromise(of: Void.self) : nil
        if let charge { done?.futureResult.whenComplete { _ in withExtendedLifetime(charge) {} } }
        if hearsOut, !self.isShuttingDown {
            self.hearOut(then: done?.futureResult)
        } else {
            self.phase = .discarding
            self.deadline = min(self.deadline, .now() + self.services.timeouts.idle)
        }
        stream.write(head, exchange?.head.method == .HEAD ? nil : reply.body, promise: done)
        self.goOn()
    }
}
